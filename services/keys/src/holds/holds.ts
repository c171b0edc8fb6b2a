import { type Charge, compose, nothing } from '@reinraum/privacy'
import { z } from 'zod'
import { requireBelow } from '../quotas.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'

/** How long what a run would take is kept for it: time to ask the other key services and to come back, and no more. */
export const holdMs = 60_000

const takesSchema = z.strictObject({
  charges: z.array(
    z.strictObject({
      ledger: z.string(),
      owner: z.string(),
      dataset: z.string(),
      /** whether it would be the ledger's first entry */
      first: z.boolean(),
      epsilon: z.int().min(0),
      delta: z.int().min(0),
    }),
  ),
  /** approvals of which it would use up a run */
  approvals: z.array(z.string()),
  /** slots with an access budget that it has not read yet */
  slots: z.array(z.string()),
})

/** What a run would take of everything that runs use up, as its release would. */
export type Takes = z.infer<typeof takesSchema>

/** One hold that other runs have to leave room for. */
export interface Hold {
  readonly contract: string
  /** the analyst whose run it is */
  readonly by: string
  readonly takes: Takes
}

/**
 * What is held just now for other runs than this one. An end further away than a whole hold means that the clock was set back:
 * such a hold counts for nothing, as one that has ended.
 */
export async function holdsOfOthers(trx: KeysTransaction, runId: string, now: Date): Promise<readonly Hold[]> {
  const live = trx.selectFrom('holds').select(['contract_id', 'by', 'takes']).where('expires_at', '>', now.getTime())
  const rows = await live
    .where('expires_at', '<=', now.getTime() + holdMs)
    .where('run_id', '!=', runId)
    .execute()
  return rows.map(({ contract_id, by, takes }) => ({ contract: contract_id, by, takes: takesSchema.parse(JSON.parse(takes)) }))
}

/** What of a ledger is held. */
export function heldOf(holds: readonly Hold[], ledger: string): Charge {
  const charges = holds.flatMap(({ takes }) => takes.charges.filter((charge) => charge.ledger === ledger))
  return charges.reduce<Charge>((sum, { epsilon, delta }) => compose(sum, { epsilon, delta }), nothing)
}

/** Whether another run is about to make the first entry of another ledger of the same data. */
export function beginsAnother(
  holds: readonly Hold[],
  ledger: string,
  name: { readonly owner: string; readonly dataset: string },
) {
  return holds.some(({ takes }) =>
    takes.charges.some(
      ({ owner, dataset, first, ...other }) =>
        first && other.ledger !== ledger && owner === name.owner && dataset === name.dataset,
    ),
  )
}

/** How many runs of an approval are held. */
export function heldRunsOf(holds: readonly Hold[], approval: string): number {
  return holds.filter(({ takes }) => takes.approvals.includes(approval)).length
}

/** How many runs of a slot's access budget are held. */
export function heldAccessTo(holds: readonly Hold[], contractId: string, slot: string): number {
  return holds.filter(({ contract, takes }) => contract === contractId && takes.slots.includes(slot)).length
}

export interface NewHold extends Hold {
  readonly run: string
  /** when the run ends, ms since 1970: nothing is held for it any more */
  readonly endsAt: number
}

/**
 * Whoever lets runs wait cannot have much held, nor for long: budgets are held for a run a few times only, and for one
 * analyst's runs a few at a time.
 * @param others as `holdsOfOthers` found them in the same transaction
 * @throws ReinraumError `resource-exhausted`
 */
export async function requireRoomToHold(
  { quotas }: Pick<Vault, 'quotas'>,
  trx: KeysTransaction,
  { run, contract, by }: Omit<NewHold, 'takes' | 'endsAt'>,
  others: readonly Hold[],
): Promise<void> {
  const former = await trx.selectFrom('holds').select('times').where('run_id', '=', run).executeTakeFirst()
  requireBelow(former?.times ?? 0, quotas.holdsPerRun, 'holds of one run')
  const beside = others.filter((other) => other.contract === contract && other.by === by)
  requireBelow(beside.length, quotas.holdsPerAnalyst, 'runs of one analyst at a time for which a budget is held')
}

/** Keeps for a run what it would take, in place of what is kept for it already. It is no entry of any ledger. */
export async function writeHold(trx: KeysTransaction, { run, contract, by, takes, endsAt }: NewHold, now: Date): Promise<void> {
  await trx.deleteFrom('holds').where('ends_at', '<=', now.getTime()).execute()
  const values = { takes: JSON.stringify(takes), expires_at: now.getTime() + holdMs, ends_at: endsAt }
  await trx
    .insertInto('holds')
    .values({ run_id: run, contract_id: contract, by, times: 1, ...values })
    .onConflict((conflict) => conflict.column('run_id').doUpdateSet((eb) => ({ ...values, times: eb('holds.times', '+', 1) })))
    .execute()
}

/** Ends what is held for a run: its release has come. */
export async function endHold(trx: KeysTransaction, runId: string): Promise<void> {
  await trx.updateTable('holds').set({ expires_at: 0 }).where('run_id', '=', runId).where('expires_at', '>', 0).execute()
}
