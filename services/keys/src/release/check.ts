import { evidenceId, type FreshnessNumbers, keyHoldBinding, keyReleaseBinding, reportDataOf } from '@reinraum/attestation'
import { hpkeSuiteOf, ReinraumError, toBase64url } from '@reinraum/crypto'
import { type Contract, releaseSuiteOf, type Shortfall, type VerifiedRun, verifyRunBundle } from '@reinraum/statements'
import { verifiedContract } from '../contracts.ts'
import { readFloors } from '../freshness-floors.ts'
import { type SealedHistory, sealHistories } from '../history/release-histories.ts'
import { type Hold, holdsOfOthers } from '../holds/holds.ts'
import { type DueDebit, dueDebits } from '../ledger/due-debits.ts'
import { consumeNonce, runPurpose } from '../nonces.ts'
import { knownRejections, knownRevocations, ownersOf } from '../revocations.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { requireAccess } from './access-budget.ts'
import { appraiseEvidence, requireAcceptable } from './appraise-evidence.ts'
import type { ReleaseClaim } from './claim.ts'
import { keysOfRun } from './keys-of-run.ts'
import { type ApprovalUse, countRuns, decisionsWithRunsLeft, nameExhaustion } from './runs-left.ts'
import { type SealedDataKey, sealKeys } from './seal-keys.ts'

/** What a run asks for. Evidence made for the one is none for the other. */
export type Purpose = 'release' | 'hold'

export interface Granted {
  readonly verified: VerifiedRun
  readonly keys: readonly SealedDataKey[]
  readonly histories: readonly SealedHistory[]
  readonly runs: readonly ApprovalUse[]
  readonly debits: readonly DueDebit[]
  /** numbers of the lists that came with the evidence */
  readonly observed: FreshnessNumbers
  /** what is held for other runs */
  readonly others: readonly Hold[]
}

/** What is known by the time of a decision, for the log. */
export interface Seen {
  evidence: string | null
  hardware: boolean | null
  query: string | null
  by: string | null
}

/**
 * The steps of `keys.md`. Only the first writes, and the last, which makes a history where there is none, so that a refusal
 * leaves nothing behind but a used nonce and its log entry; keys are sealed (8) before the decision is written (6, 7)
 * because sealing can still refuse, and they leave after it. Of a hold they never leave: it is refused whatever a release
 * would be refused for.
 * @param short where the ledgers are named in which the query does not fit
 */
export async function check(
  vault: Vault,
  trx: KeysTransaction,
  { claim, purpose }: { readonly claim: ReleaseClaim; readonly purpose: Purpose },
  { seen, short }: { readonly seen: Seen; readonly short: Shortfall[] },
  now: Date,
): Promise<Granted> {
  // 1. The nonce is one of ours, unused, fresh; it is used up whatever follows.
  await consumeNonce(trx, ownNonce(vault, claim), runPurpose(claim.runId), now)
  vault.clock.requireSound()

  // 2. The evidence is appraised here, under the contract as this service knows it, against our own report_data.
  const contract = await verifiedContract(trx, claim.contractId)
  const reportData = reportDataOf(bindingOf(claim, purpose))
  seen.evidence = evidenceId(claim.presented.evidence)
  const floors = await readFloors(trx, claim.contractId)
  const appraisal = await appraiseEvidence(claim.presented, contract.document, { reportData, floors }, now)
  seen.hardware = appraisal.hardware
  requireAcceptable(appraisal)
  requireReleaseSuite(contract.document, claim.kemPublicKey)

  // 3. The contract is complete, in force and not revoked. 4. The query is approved as each owner's rule
  // asks, by approvals with runs left. 5. The run is an analyst's, inside its domains, versions and recipients.
  const others = await holdsOfOthers(trx, claim.runId, now)
  const { verified, uses } = await verifyStatements(trx, claim, others, now)
  seen.query = verified.query.id
  seen.by = verified.run.document.by

  // 3, 5. The run's slots and versions are those whose keys were imported here under exactly this contract.
  const rows = await keysOfRun(vault, trx, verified)

  // 6. What this run takes of the approvals that these slots rest on, and of the slots' own budgets.
  const slots = rows.map(({ slot }) => slot)
  await requireAccess(trx, verified, slots, others, now)
  const runs = countRuns(verified, slots, uses)
  const debits = await fittingDebits(vault, trx, { verified, slots, others, short }, now)

  // 8. The data keys, sealed to the KEM key inside the evidence.
  const keys = await sealKeys(vault, trx, rows, { kemPublicKey: claim.kemPublicKey, reportData })
  const histories = await sealHistories(vault, trx, verified, slots, { kemPublicKey: claim.kemPublicKey, reportData, now })
  return { verified, keys, histories, runs, debits, observed: appraisal.observed, others }
}

interface Fitting {
  readonly verified: VerifiedRun
  readonly slots: readonly string[]
  readonly others: readonly Hold[]
  readonly short: Shortfall[]
}

/**
 * @throws ReinraumError `budget-exhausted`, with the ledgers in which the query does not fit put into
 * `short`; those of `dueDebits`
 */
async function fittingDebits(
  vault: Vault,
  trx: KeysTransaction,
  { verified, slots, others, short }: Fitting,
  now: Date,
): Promise<readonly DueDebit[]> {
  const due = await dueDebits(vault, trx, verified, slots, others, now)
  if (due.fits) return due.debits
  short.push(...due.shortfalls)
  throw new ReinraumError('budget-exhausted', 'less is left of a budget than the query spends')
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

function bindingOf(claim: ReleaseClaim, purpose: Purpose) {
  const binding = purpose === 'hold' ? keyHoldBinding : keyReleaseBinding
  return binding({
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
  others: readonly Hold[],
  now: Date,
): Promise<{ readonly verified: VerifiedRun; readonly uses: ReadonlyMap<string, ApprovalUse> }> {
  const { bundle, contractId, queryId, runId } = claim
  const left = await decisionsWithRunsLeft(trx, bundle.decisions, runId, others)
  const known = await knownRevocations(trx, contractId, ownersOf([...bundle.decisions, ...bundle.manifests]))
  const rejections = await knownRejections(trx, contractId, queryId)
  const decisions = [...left.decisions, ...rejections.map(({ statement }) => statement)]
  const revocations = [...bundle.revocations, ...known.map(({ statement }) => statement)]
  try {
    return { verified: await verifyRunBundle({ ...bundle, decisions, revocations }, { now }), uses: left.uses }
  } catch (error) {
    throw nameExhaustion(error, left)
  }
}
