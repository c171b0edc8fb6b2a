import { evidenceId, type FreshnessNumbers, keyReleaseBinding, reportDataOf } from '@reinraum/attestation'
import { type ErrorCode, hpkeSuiteOf, ReinraumError, toBase64url } from '@reinraum/crypto'
import { type Contract, releaseSuiteOf, type Shortfall, type VerifiedRun, verifyRunBundle } from '@reinraum/statements'
import { rememberTime } from '../clock.ts'
import { verifiedContract } from '../contracts.ts'
import { raiseStoredFloors, readFloors } from '../freshness-floors.ts'
import { type SealedHistory, sealHistories } from '../history/release-histories.ts'
import { startLease } from '../leases.ts'
import { appendDebits, type DueDebit, dueDebits } from '../ledger/due-debits.ts'
import { consumeNonce, runPurpose } from '../nonces.ts'
import { isRefusal } from '../refusal.ts'
import { appendDecision, type Decision, type LogEntry, mayRecordDenial } from '../release-log.ts'
import { knownRejections, knownRevocations, ownersOf } from '../revocations.ts'
import { requireNotLocked } from '../rollback/locks.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { requireAccess } from './access-budget.ts'
import { appraiseEvidence, requireAcceptable } from './appraise-evidence.ts'
import type { ReleaseClaim } from './claim.ts'
import { keysOfRun } from './keys-of-run.ts'
import { type ApprovalUse, countRuns, debit, decisionsWithRunsLeft, nameExhaustion } from './runs-left.ts'
import { type SealedDataKey, sealKeys } from './seal-keys.ts'

export type ReleaseDecision =
  | {
      readonly decision: 'released'
      readonly keys: readonly SealedDataKey[]
      readonly histories: readonly SealedHistory[]
      readonly entry: LogEntry
      readonly leaseExpiresAt: number
    }
  | { readonly decision: 'denied'; readonly reason: ErrorCode; readonly entry: LogEntry }

/**
 * Decides about one run: every check or nothing. One serialised transaction holds all of it, so that of two requests that
 * race for the last run one wins, and no answer leaves before its log entry and its debit are durable.
 * @throws ReinraumError `resource-exhausted` instead of a denial when the log takes no more of them just now
 */
export async function decideRelease(vault: Vault, claim: ReleaseClaim): Promise<ReleaseDecision> {
  const decision = await vault.store.transaction((trx) => decide(vault, trx, claim))
  // The transaction stands, and with it the nonce is used up: nobody tries again and again with one nonce.
  if (decision === 'unrecorded')
    throw new ReinraumError('resource-exhausted', 'too many requests about this contract were denied')
  return decision
}

async function decide(vault: Vault, trx: KeysTransaction, claim: ReleaseClaim): Promise<ReleaseDecision | 'unrecorded'> {
  const now = vault.now()
  await rememberTime(trx, now)
  // Not on record in the log: what were appended now would stand where an entry belongs that is missing.
  await requireNotLocked(trx, claim.contractId)
  const seen: Seen = { evidence: null, hardware: null, query: null, by: null }
  const short: Shortfall[] = []
  const granted = await check(vault, trx, claim, { seen, short }, now).catch((error: unknown) => refusalOf(error))
  // A denial that cannot be recorded is not given: it says nothing of its reason. What is granted is never held up by others.
  if ('reason' in granted && !(await mayRecordDenial(vault, trx, claim.contractId, now))) return 'unrecorded'
  const outcome = outcomeOf(granted, short)
  const entry = await appendDecision(vault, trx, { contractId: claim.contractId, runId: claim.runId, outcome, ...seen }, now)
  if ('reason' in granted) return { decision: 'denied', reason: granted.reason, entry }
  await debit(trx, granted.runs, claim.runId, now)
  await appendDebits(trx, granted.debits)
  await rememberRelease(trx, granted, now)
  await raiseStoredFloors(trx, claim.contractId, granted.observed)
  const leaseExpiresAt = await startLease(trx, granted.verified, now)
  const { keys, histories } = granted
  return { decision: 'released', keys, histories, entry, leaseExpiresAt }
}

interface Granted {
  readonly verified: VerifiedRun
  readonly keys: readonly SealedDataKey[]
  readonly histories: readonly SealedHistory[]
  readonly runs: readonly ApprovalUse[]
  readonly debits: readonly DueDebit[]
  /** numbers of the lists that came with the evidence */
  readonly observed: FreshnessNumbers
}

/** What is known by the time of a decision, for the log. */
interface Seen {
  evidence: string | null
  hardware: boolean | null
  query: string | null
  by: string | null
}

/**
 * The steps of `keys.md`. Only the first writes, and the last, which makes a history where there is none, so that a refusal leaves nothing
 * behind but a used nonce and its log entry;
 * keys are sealed (8) before the decision is written (6, 7) because sealing can still refuse, and they leave after it.
 */
async function check(
  vault: Vault,
  trx: KeysTransaction,
  claim: ReleaseClaim,
  { seen, short }: { readonly seen: Seen; readonly short: Shortfall[] },
  now: Date,
): Promise<Granted> {
  // 1. The nonce is one of ours, unused, fresh; it is used up whatever follows.
  await consumeNonce(trx, ownNonce(vault, claim), runPurpose(claim.runId), now)
  vault.clock.requireSound()

  // 2. The evidence is appraised here, under the contract as this service knows it, against our own report_data.
  const contract = await verifiedContract(trx, claim.contractId)
  const reportData = reportDataOf(bindingOf(claim))
  seen.evidence = evidenceId(claim.presented.evidence)
  const floors = await readFloors(trx, claim.contractId)
  const appraisal = await appraiseEvidence(claim.presented, contract.document, { reportData, floors }, now)
  seen.hardware = appraisal.hardware
  requireAcceptable(appraisal)
  requireReleaseSuite(contract.document, claim.kemPublicKey)

  // 3. The contract is complete, in force and not revoked. 4. The query is approved as each owner's rule
  // asks, by approvals with runs left. 5. The run is an analyst's, inside its domains, versions and recipients.
  const { verified, uses } = await verifyStatements(trx, claim, now)
  seen.query = verified.query.id
  seen.by = verified.run.document.by

  // 3, 5. The run's slots and versions are those whose keys were imported here under exactly this contract.
  const rows = await keysOfRun(vault, trx, verified)

  // 6. What this run takes of the approvals that these slots rest on, and of the slots' own budgets.
  const slots = rows.map(({ slot }) => slot)
  await requireAccess(trx, verified, slots, now)
  const runs = countRuns(verified, slots, uses)
  const debits = await fittingDebits(vault, trx, verified, slots, short, now)

  // 8. The data keys, sealed to the KEM key inside the evidence.
  const keys = await sealKeys(vault, trx, rows, { kemPublicKey: claim.kemPublicKey, reportData })
  const histories = await sealHistories(vault, trx, verified, slots, { kemPublicKey: claim.kemPublicKey, reportData, now })
  return { verified, keys, histories, runs, debits, observed: appraisal.observed }
}

/** @throws ReinraumError `budget-exhausted`, with the ledgers in which the query does not fit put into `short`; those of `dueDebits` */
async function fittingDebits(
  vault: Vault,
  trx: KeysTransaction,
  verified: VerifiedRun,
  slots: readonly string[],
  short: Shortfall[],
  now: Date,
): Promise<readonly DueDebit[]> {
  const due = await dueDebits(vault, trx, verified, slots, now)
  if (due.fits) return due.debits
  short.push(...due.shortfalls)
  throw new ReinraumError('budget-exhausted', 'less is left of a budget than the query spends')
}

function refusalOf(error: unknown): { readonly reason: ErrorCode } {
  if (!isRefusal(error)) throw error
  return { reason: error.code }
}

function outcomeOf(granted: Granted | { readonly reason: ErrorCode }, short: readonly Shortfall[]): Decision['outcome'] {
  if ('reason' in granted)
    return { decision: 'denied', reason: granted.reason, ...(short.length === 0 ? {} : { budget: [...short] }) }
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

function ownNonce(vault: Vault, { nonces }: ReleaseClaim): string {
  const nonce = Object.hasOwn(nonces, vault.id) ? nonces[vault.id] : undefined
  if (nonce === undefined) throw new ReinraumError('nonce-unknown', 'the request carries no nonce of this key service')
  return nonce
}

/** @throws ReinraumError `suite-unsupported`; `invalid-argument` for what is no key of any suite */
function requireReleaseSuite(contract: Contract, kemPublicKey: Uint8Array): void {
  if (hpkeSuiteOf(kemPublicKey) !== releaseSuiteOf(contract))
    throw new ReinraumError('suite-unsupported', 'the contract has data keys sealed with another suite')
}

function bindingOf(claim: ReleaseClaim) {
  return keyReleaseBinding({
    nonces: claim.nonces,
    kem: toBase64url(claim.kemPublicKey),
    sig: claim.signingKeys,
    contract: claim.contractId,
    query: claim.queryId,
    run: claim.runId,
  })
}

/** Revocations and rejections that this service has seen count whether or not the bundle carries them. */
async function verifyStatements(
  trx: KeysTransaction,
  claim: ReleaseClaim,
  now: Date,
): Promise<{ readonly verified: VerifiedRun; readonly uses: ReadonlyMap<string, ApprovalUse> }> {
  const { bundle, contractId, queryId, runId } = claim
  const { decisions: given, exhausted, uses } = await decisionsWithRunsLeft(trx, bundle.decisions, runId)
  const known = await knownRevocations(trx, contractId, ownersOf([...bundle.decisions, ...bundle.manifests]))
  const rejections = await knownRejections(trx, contractId, queryId)
  const decisions = [...given, ...rejections.map(({ statement }) => statement)]
  const revocations = [...bundle.revocations, ...known.map(({ statement }) => statement)]
  try {
    return { verified: await verifyRunBundle({ ...bundle, decisions, revocations }, { now }), uses }
  } catch (error) {
    throw nameExhaustion(error, exhausted)
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
