import { holdMs, requireRoomToHold, type Takes, writeHold } from '../holds/holds.ts'
import { issueNonce, runPurpose } from '../nonces.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { hasKey } from './access-budget.ts'
import type { Granted } from './check.ts'
import type { ReleaseClaim } from './claim.ts'
import { type Denial, judge, recorded } from './judge.ts'

export type HoldDecision =
  | {
      readonly decision: 'held'
      /** for the release */
      readonly nonce: Uint8Array
      /** ms from now */
      readonly heldForMs: number
    }
  | Denial

/**
 * Decides as a release would, and gives nothing away: what the run would take is kept for it for a minute, so that its release
 * finds it there when other key services have said yes as well. A denial is on record like any other; what is held is in no log
 * and in no ledger, because nothing has come of it yet. The release is checked anew, with a nonce and evidence of its own.
 * @throws ReinraumError `resource-exhausted` instead of a denial when the log takes no more of them just now
 */
export async function decideHold(vault: Vault, claim: ReleaseClaim): Promise<HoldDecision> {
  return recorded(await vault.store.transaction((trx) => decide(vault, trx, claim)))
}

async function decide(
  vault: Vault,
  trx: KeysTransaction,
  claim: ReleaseClaim,
): Promise<HoldDecision | { readonly decision: 'unrecorded' }> {
  const now = vault.now()
  const granting = async ({ others, ...granted }: Granted): Promise<Uint8Array> => {
    const { contract, run } = granted.verified
    const hold = { run: run.id, contract: contract.id, by: run.document.by }
    await requireRoomToHold(vault, trx, hold, others)
    const { nonce } = await issueNonce(vault, trx, runPurpose(run.id), now)
    const takes = await takesOf(trx, granted)
    await writeHold(trx, { ...hold, takes, endsAt: Date.parse(run.document.validity.notAfter) }, now)
    return nonce
  }
  const judged = await judge(vault, trx, { claim, purpose: 'hold' }, granting, now)
  return judged.decision === 'granted' ? { decision: 'held', nonce: judged.value, heldForMs: holdMs } : judged
}

async function takesOf(trx: KeysTransaction, { verified, keys, runs, debits }: Omit<Granted, 'others'>): Promise<Takes> {
  const slots: string[] = []
  for (const { slot, manifestId } of keys) {
    const rule = verified.contract.document.slots.find(({ id }) => id === slot)?.rule
    if (rule?.accessBudget !== undefined && !(await hasKey(trx, verified, manifestId))) slots.push(slot)
  }
  const charges = debits.map(({ named, row: { ledger, owner, dataset, sequence } }) => {
    return { ledger, owner, dataset, first: sequence === 1, epsilon: named.charge.epsilon, delta: named.charge.delta }
  })
  const approvals = runs.filter(({ before, after }) => after > before).map(({ approval }) => approval)
  return { charges, approvals, slots }
}
