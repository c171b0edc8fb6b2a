import type { Endorsements } from '../evidence.ts'
import type { SnpReferenceValues } from '../reference-values.ts'
import type { AttestationReason, AttestationResult, Check, TrustClaim, TrustVector, Waiver } from '../result.ts'
import { contraindicated, noTrust } from '../verdicts.ts'
import { authentic } from './checks/authentic.ts'
import { chainChecks } from './checks/chain.ts'
import { type SnpCheckName, snpCheckNames } from './checks/names.ts'
import type { Outcome, SnpCheck } from './checks/outcome.ts'
import { policyChecks } from './checks/policy.ts'
import { referenceChecks } from './checks/reference.ts'
import { revocationChecks } from './checks/revocation.ts'
import { signingKeyChecks } from './checks/signing-key.ts'
import { structureChecks } from './checks/structure.ts'
import { tcbChecks } from './checks/tcb.ts'
import { claimsOf } from './claims.ts'
import { reportLength } from './layout.ts'
import { parseReport } from './report.ts'
import { isAmdRoot } from './roots.ts'
import { readSubject, type SnpSubject } from './subject.ts'

const snpChecks: readonly SnpCheck[] = [
  ...structureChecks,
  ...chainChecks,
  ...signingKeyChecks,
  ...tcbChecks,
  ...policyChecks,
  ...revocationChecks,
  ...referenceChecks,
]

/** Beyond authenticity: what the vendor's word about the chip still stands on. */
const endorsing = [
  'chain-validity',
  'chip-id',
  'vek-tcb',
  'revocation-list',
  'revocation',
] as const satisfies readonly SnpCheckName[]

interface Ran {
  readonly check: SnpCheck
  readonly outcome: Outcome
}

/** Runs every check whose ground holds, so that the result names all that is wrong and nothing that only follows from it. */
export function appraiseSnp(
  bytes: Uint8Array,
  endorsements: Endorsements,
  given: { readonly reference: SnpReferenceValues; readonly expected: { readonly reportData: Uint8Array }; readonly now: Date },
): AttestationResult {
  const report = parseReport(bytes)
  if (report === null) {
    const length: Check = { name: 'length', verdict: 'failed', detail: `${bytes.length} bytes, not ${reportLength}` }
    const rest = snpCheckNames.slice(1).map((name): Check => ({ name, verdict: 'skipped', detail: 'needs length' }))
    return contraindicated('snp', 'malformed-evidence', [length, ...rest])
  }
  const subject = readSubject(report, endorsements, given)
  const held = new Set<string>(['length'])
  const ran = snpChecks.map((check): Ran => {
    const missing = check.needs.find((name) => !held.has(name))
    const outcome: Outcome = missing ? { verdict: 'skipped', detail: `needs ${missing}` } : check.run(subject)
    if (outcome.verdict === 'passed') held.add(check.name)
    return { check, outcome }
  })
  const isAuthentic = authentic.every((name) => held.has(name))
  return conclude(subject, ran, isAuthentic)
}

function conclude(subject: SnpSubject, ran: readonly Ran[], isAuthentic: boolean): AttestationResult {
  const outcomes = ran.map(({ outcome }) => outcome)
  const reasons = outcomes.flatMap((o): AttestationReason[] => (o.verdict === 'failed' ? [o.reason] : []))
  const waivers = outcomes.flatMap((o): Waiver[] => (o.verdict === 'passed' && o.waiver ? [o.waiver] : []))
  const failedNames = new Set(ran.filter(({ outcome }) => outcome.verdict === 'failed').map(({ check }) => check.name))
  const hardware = isAuthentic && isUnderAmdRoot(subject) && endorsing.every((name) => !failedNames.has(name))
  // Both, so that a check that was skipped for want of its ground can never read as one that held.
  const good = isAuthentic && reasons.length === 0
  return {
    status: !good ? 'contraindicated' : waivers.length > 0 ? 'warning' : 'affirming',
    hardware,
    tee: 'snp',
    trustVector: isAuthentic ? trustVectorOf(ran, hardware) : noTrust(99),
    claims: isAuthentic ? claimsOf(subject) : null,
    checks: [
      { name: 'length', verdict: 'passed', detail: `${reportLength} bytes` },
      ...ran.map(({ check, outcome }): Check => ({ name: check.name, verdict: outcome.verdict, detail: outcome.detail })),
    ],
    reasons: [...new Set(reasons)],
    waivers,
  }
}

function isUnderAmdRoot({ product, ark }: SnpSubject): boolean {
  return product !== null && ark !== null && isAmdRoot(product, ark.sha256)
}

/** AR4SI §2.3: 2 affirming, 32 warning, 96 contraindicated; a simulator makes no claim about hardware. */
function trustVectorOf(ran: readonly Ran[], hardware: boolean): TrustVector {
  const vector: Record<TrustClaim, number> = { ...noTrust(0) }
  for (const { check, outcome } of ran) {
    if (outcome.verdict === 'skipped') continue
    const value = outcome.verdict === 'failed' ? 96 : outcome.waiver ? 32 : 2
    vector[check.claim] = Math.max(vector[check.claim], value)
  }
  if (!hardware && vector.hardware < 32) vector.hardware = 0
  return vector
}
