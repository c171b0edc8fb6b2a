import { raiseStoredFloors } from '../freshness-floors.ts'
import type { SealedHistory } from '../history/release-histories.ts'
import { endHold } from '../holds/holds.ts'
import { startLease } from '../leases.ts'
import { appendDebits } from '../ledger/due-debits.ts'
import { appendDecision, type Decision, type LogEntry } from '../release-log.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import type { Granted } from './check.ts'
import type { ReleaseClaim } from './claim.ts'
import { type Denial, judge, recorded } from './judge.ts'
import { debit } from './runs-left.ts'
import type { SealedDataKey } from './seal-keys.ts'

export type ReleaseDecision =
  | {
      readonly decision: 'released'
      readonly keys: readonly SealedDataKey[]
      readonly histories: readonly SealedHistory[]
      readonly entry: LogEntry
      readonly leaseExpiresAt: number
    }
  | Denial

/**
 * Decides about one run: every check or nothing. One serialised transaction holds all of it, so that of two requests that
 * race for the last run one wins, and no answer leaves before its log entry and its debit are durable.
 * @throws ReinraumError `resource-exhausted` instead of a denial when the log takes no more of them just now
 */
export async function decideRelease(vault: Vault, claim: ReleaseClaim): Promise<ReleaseDecision> {
  return recorded(await vault.store.transaction((trx) => decide(vault, trx, claim)))
}

async function decide(
  vault: Vault,
  trx: KeysTransaction,
  claim: ReleaseClaim,
): Promise<ReleaseDecision | { readonly decision: 'unrecorded' }> {
  const now = vault.now()
  const judged = await judge(vault, trx, { claim, purpose: 'release' }, async (granted) => granted, now)
  if (judged.decision !== 'granted') return judged
  const { value: granted, seen } = judged
  const about = { contractId: claim.contractId, runId: claim.runId, ...seen }
  const entry = await appendDecision(vault, trx, { ...about, outcome: outcomeOf(granted) }, now)
  await debit(trx, granted.runs, claim.runId, now)
  await appendDebits(trx, granted.debits)
  await endHold(trx, claim.runId)
  await rememberRelease(trx, granted, now)
  await raiseStoredFloors(trx, claim.contractId, granted.observed)
  const leaseExpiresAt = await startLease(trx, granted.verified, now)
  const { keys, histories } = granted
  return { decision: 'released', keys, histories, entry, leaseExpiresAt }
}

function outcomeOf(granted: Granted): Decision['outcome'] {
  const datasets = granted.keys.map(({ slot, manifestId }) => ({ slot, manifest: manifestId }))
  const histories = granted.histories.map(({ named }) => named)
  const ledger = granted.debits.map(({ named }) => named)
  return {
    decision: 'released',
    datasets,
    runs: [...granted.runs],
    ...(histories.length === 0 ? {} : { histories }),
    ...(ledger.length === 0 ? {} : { ledger }),
  }
}

async function rememberRelease(trx: KeysTransaction, { verified, keys }: Granted, now: Date): Promise<void> {
  const released_at = now.getTime()
  const ids = { contract_id: verified.contract.id, run_id: verified.run.id }
  await trx
    .insertInto('released_keys')
    .values(keys.map(({ manifestId, slot }) => ({ ...ids, manifest_id: manifestId, slot, released_at })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
