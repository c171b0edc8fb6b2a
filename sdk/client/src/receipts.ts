import {
  type AttestationResult,
  appraise,
  evidenceId,
  isAcceptable,
  keyReleaseBinding,
  reportDataOf,
} from '@reinraum/attestation'
import { canonicalBytes, isReinraumError, parseStrictJson, ReinraumError } from '@reinraum/crypto'
import {
  type DigestId,
  parseStatement,
  type Receipt,
  type ReceiptBundle,
  type Release,
  readReceiptEvidence,
  receiptBundleSchema,
  type Verified,
  type VerifiedRun,
  verifyReceipt,
  verifyRunBundle,
} from '@reinraum/statements'
import { concernsNoise, type NoiseStanding, verifyNoise } from './verify-noise.ts'
import { verifyReleases } from './verify-releases.ts'

export interface ReceiptCheck {
  readonly name: string
  readonly passed: boolean
  /** the id that proves it, or the reason code */
  readonly detail: string
}

export interface ReceiptVerification {
  readonly valid: boolean
  readonly checks: readonly ReceiptCheck[]
  /** present when everything up to the evidence could be read */
  readonly receipt?: Verified<Receipt>
  readonly run?: VerifiedRun
  readonly appraisal?: AttestationResult
  /** the key services' releases; who keeps them can show a key service that was set back what it has forgotten */
  readonly releases?: readonly Verified<Release>[]
}

/**
 * Verifies a receipt bundle offline: every statement in it, the key services' releases, the evidence under the contract's
 * reference values and its binding to this run, the receipt's signature by the key inside that evidence, and the noise that it
 * names. The time of judgement is the receipt's own `finishedAt`, which the attested key signed.
 *
 * A receipt proves what happened under the contract that it brings along. Anyone can sign a contract among parties of their
 * own making, so whoever did not choose the contract names the one that is expected.
 *
 * It never throws on a bad bundle: the first check that fails is the last in the list.
 */
export async function verifyReceiptBundle(
  bytes: Uint8Array,
  expected: { readonly contract?: DigestId } = {},
): Promise<ReceiptVerification> {
  const checks: ReceiptCheck[] = []
  const found: { -readonly [K in 'receipt' | 'run' | 'appraisal' | 'releases']?: NonNullable<ReceiptVerification[K]> } = {}
  const check = async <T>(name: string, body: () => Promise<T> | T, detail: (value: T) => string): Promise<T> => {
    try {
      const value = await body()
      checks.push({ name, passed: true, detail: detail(value) })
      return value
    } catch (error) {
      checks.push({ name, passed: false, detail: isReinraumError(error) ? `${error.code}: ${error.message}` : 'malformed' })
      throw new Stop()
    }
  }
  try {
    const bundle = await check(
      'bundle',
      () => readBundle(bytes),
      () => 'well-formed',
    )
    const finishedAt = await check(
      'time',
      () => finishedAtOf(bundle),
      (date) => date.toISOString(),
    )
    const run = await check(
      'run',
      () => verifyRunBundle({ ...statementsOf(bundle), revocations: [] }, { now: finishedAt }),
      (v) => v.run.id,
    )
    found.run = run
    await check(
      'contract',
      () => requireContract(run, expected.contract),
      () => run.contract.id,
    )
    const receipt = await check(
      'receipt',
      () => verifyReceipt(jws(bundle.receipt), run.contract),
      (v) => v.id,
    )
    found.receipt = receipt
    await check(
      'subject',
      () => requireSameRun(receipt, run),
      () => receipt.document.run,
    )
    const releases = verifyReleases(bundle.releases.map(jws), run, receipt)
    const appraisal = appraiseBinding(bundle, run, receipt, finishedAt)
    // Both at once. Only the first failure is told, so the other one must not end the process.
    await Promise.allSettled([releases, appraisal])
    found.releases = await check(
      'releases',
      () => releases,
      (verified) => verified.map((r) => r.id).join(' '),
    )
    found.appraisal = await check(
      'evidence',
      () => appraisal,
      (a) => `${a.status}, ${a.hardware ? 'hardware' : 'SIMULATED hardware'}`,
    )
    if (concernsNoise(run, receipt)) await check('noise', () => verifyNoise(run, receipt), noiseDetail)
    return { valid: true, checks, ...found }
  } catch (error) {
    if (error instanceof Stop) return { valid: false, checks, ...found }
    throw error
  }
}

class Stop extends Error {}

function noiseDetail(standing: NoiseStanding): string {
  switch (standing) {
    case 'unnamed':
      return 'NOT NAMED: the executor is older than receipts that name it'
    case 'enough':
      return 'enough for what was debited; another version of the guard planned it'
    case 'planned':
      return 'enough for what was debited, and planned again here from the rules and the query'
  }
}

function readBundle(bytes: Uint8Array): ReceiptBundle {
  const parsed = receiptBundleSchema.safeParse(parseStrictJson(bytes, { maxBytes: 64 << 20 }))
  if (!parsed.success) throw new ReinraumError('receipt-invalid', 'this is no receipt bundle')
  return parsed.data
}

function jws(value: unknown): Uint8Array {
  return canonicalBytes(value)
}

function statementsOf(bundle: ReceiptBundle) {
  return {
    contract: jws(bundle.contract),
    query: jws(bundle.query),
    run: jws(bundle.run),
    decisions: bundle.decisions.map(jws),
    manifests: bundle.manifests.map(jws),
  }
}

function finishedAtOf(bundle: ReceiptBundle): Date {
  const { document } = parseStatement(jws(bundle.receipt))
  if (document.kind !== 'reinraum/receipt/v1') throw new ReinraumError('unknown-kind', 'the receipt is another kind of statement')
  return new Date(document.finishedAt)
}

function requireContract(run: VerifiedRun, expected: DigestId | undefined): void {
  if (expected !== undefined && run.contract.id !== expected)
    throw new ReinraumError('contract-mismatch', 'the run belongs to another contract')
}

function requireSameRun(receipt: Verified<Receipt>, run: VerifiedRun): void {
  const { document } = receipt
  const manifests = new Map(document.manifests.map(({ slot, manifest }) => [slot, manifest]))
  const same =
    document.contract === run.contract.id &&
    document.query === run.query.id &&
    document.run === run.run.id &&
    manifests.size === run.manifests.size &&
    [...run.manifests].every(([slot, manifest]) => manifests.get(slot) === manifest.id) &&
    document.gate.recipients.join() === run.run.document.recipients.join() &&
    document.gate.reviewers.join() === run.contract.document.results.reviewers.map((r) => r.member).join()
  if (!same) throw new ReinraumError('receipt-invalid', 'the receipt speaks of another run')
}

async function appraiseBinding(
  bundle: ReceiptBundle,
  run: VerifiedRun,
  receipt: Verified<Receipt>,
  now: Date,
): Promise<AttestationResult> {
  const { evidence, endorsements } = readReceiptEvidence(bundle.evidence)
  if (evidenceId(evidence) !== receipt.document.evidence)
    throw new ReinraumError('receipt-invalid', 'the evidence is not the one that the receipt names')
  const { nonces, kem, sig } = receipt.document.binding
  const reportData = reportDataOf(
    keyReleaseBinding({ nonces, kem, sig, contract: run.contract.id, query: run.query.id, run: run.run.id }),
  )
  const appraisal = await appraise(evidence, endorsements, run.contract.document.executors, { reportData }, now)
  if (!isAcceptable(appraisal)) throw new ReinraumError('evidence-contraindicated', appraisal.reasons.join(', '))
  return appraisal
}
