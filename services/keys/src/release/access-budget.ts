import { ReinraumError } from '@reinraum/crypto'
import type { AccessPeriod, VerifiedRun } from '@reinraum/statements'
import { type Hold, heldAccessTo } from '../holds/holds.ts'
import type { KeysTransaction } from '../store.ts'

/**
 * Step 6, of the budgets in the slots' rules: at most so many runs per period get the key of a slot from this service, whoever
 * asks and with whatever query. A run that got it already has paid. Each key service counts for the slots whose keys it holds,
 * under one contract; the budget is spent by the row in `released_keys` that the same transaction writes.
 * What is held for other runs counts as read.
 * @throws ReinraumError `access-exhausted`, `budget-held`
 */
export async function requireAccess(
  trx: KeysTransaction,
  verified: VerifiedRun,
  slots: readonly string[],
  holds: readonly Hold[],
  now: Date,
): Promise<void> {
  for (const { id, rule } of verified.contract.document.slots) {
    if (!slots.includes(id)) continue
    for (const { period, max } of rule.accessBudget ?? []) {
      const used = await otherRuns(trx, verified, id, startOfPeriod(period, now))
      const held = heldAccessTo(holds, verified.contract.id, id)
      if (used + held < max) continue
      if (await hasPaid(trx, verified, id)) continue
      if (used < max) throw new ReinraumError('budget-held', `the last runs that may read slot ${id} in this ${period} are held`)
      throw new ReinraumError('access-exhausted', `slot ${id} was read as often in this ${period} as its owner allows`)
    }
  }
}

/** Since then, and also later: if a clock was set back, what it counted still counts. */
async function otherRuns(trx: KeysTransaction, { contract, run }: VerifiedRun, slot: string, since: number): Promise<number> {
  const { count } = await trx
    .selectFrom('released_keys')
    .where('contract_id', '=', contract.id)
    .where('slot', '=', slot)
    .where('released_at', '>=', since)
    .where('run_id', '!=', run.id)
    .select(trx.fn.count<number>('run_id').distinct().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** Whether this run got the key of this version of a dataset already. */
export async function hasKey(
  trx: KeysTransaction,
  { contract, run }: Pick<VerifiedRun, 'contract' | 'run'>,
  manifestId: string,
): Promise<boolean> {
  const released = trx.selectFrom('released_keys').select('run_id').where('contract_id', '=', contract.id)
  const found = await released.where('manifest_id', '=', manifestId).where('run_id', '=', run.id).executeTakeFirst()
  return found !== undefined
}

async function hasPaid(trx: KeysTransaction, { contract, run }: VerifiedRun, slot: string): Promise<boolean> {
  const released = trx.selectFrom('released_keys').where('contract_id', '=', contract.id).where('slot', '=', slot)
  return (await released.where('run_id', '=', run.id).select('run_id').executeTakeFirst()) !== undefined
}

/** In ms since 1970. Days begin at midnight, weeks on Monday and months on the first, all in UTC. */
export function startOfPeriod(period: AccessPeriod, now: Date): number {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
  switch (period) {
    case 'day':
      return Date.UTC(year, month, day)
    case 'week':
      return Date.UTC(year, month, day - ((now.getUTCDay() + 6) % 7))
    case 'month':
      return Date.UTC(year, month, 1)
    case 'lifetime':
      return Number.MIN_SAFE_INTEGER
  }
}
