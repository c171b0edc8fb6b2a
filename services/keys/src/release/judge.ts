import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import type { Shortfall } from '@reinraum/statements'
import { rememberTime } from '../clock.ts'
import { isRefusal } from '../refusal.ts'
import { appendDecision, type LogEntry, mayRecordDenial } from '../release-log.ts'
import { requireNotLocked } from '../rollback/locks.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { check, type Granted, type Purpose, type Seen } from './check.ts'
import type { ReleaseClaim } from './claim.ts'

export interface Denial {
  readonly decision: 'denied'
  readonly reason: ErrorCode
  readonly entry: LogEntry
}

/** What came of the checks. A denial is on record already, and nothing else is written. */
export type Judgement<T> =
  | { readonly decision: 'granted'; readonly value: T; readonly seen: Readonly<Seen> }
  | Denial
  | { readonly decision: 'unrecorded' }

/**
 * Puts one request of a run through every check, inside the transaction of whoever asks.
 * @param granting the last thing that may refuse; what it throws as a refusal is one
 */
export async function judge<T>(
  vault: Vault,
  trx: KeysTransaction,
  asked: { readonly claim: ReleaseClaim; readonly purpose: Purpose },
  granting: (granted: Granted) => Promise<T>,
  now: Date,
): Promise<Judgement<T>> {
  const { contractId, runId } = asked.claim
  await rememberTime(trx, now)
  // Not on record in the log: what were appended now would stand where an entry belongs that is missing.
  await requireNotLocked(trx, contractId)
  const seen: Seen = { evidence: null, hardware: null, query: null, by: null }
  const short: Shortfall[] = []
  try {
    return { decision: 'granted', value: await granting(await check(vault, trx, asked, { seen, short }, now)), seen }
  } catch (error) {
    if (!isRefusal(error)) throw error
    // A denial that cannot be recorded is not given: it says nothing of its reason. What is granted is never held up by others.
    if (!(await mayRecordDenial(vault, trx, contractId, now))) return { decision: 'unrecorded' }
    const { code: reason } = error
    const outcome = { decision: 'denied' as const, reason, ...(short.length === 0 ? {} : { budget: short }) }
    const entry = await appendDecision(vault, trx, { contractId, runId, outcome, ...seen }, now)
    return { decision: 'denied', reason, entry }
  }
}

/**
 * What is left when the transaction stands, and with it the nonce is used up: nobody tries again and again with one nonce.
 * @throws ReinraumError `resource-exhausted` instead of a denial when the log takes no more of them just now
 */
export function recorded<D extends { readonly decision: string }>(
  decided: D | { readonly decision: 'unrecorded' },
): Exclude<D, { readonly decision: 'unrecorded' }> {
  if (decided.decision === 'unrecorded')
    throw new ReinraumError('resource-exhausted', 'too many requests about this contract were denied')
  return decided as Exclude<D, { readonly decision: 'unrecorded' }>
}
