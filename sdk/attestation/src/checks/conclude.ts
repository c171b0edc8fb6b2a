import type { FreshnessNumbers } from '../freshness/floors.ts'
import type { AttestationResult, CheckName } from '../result.ts'
import { noTrust } from '../verdicts.ts'
import { checksOf, type Run, reasonsOf, trustVectorOf, waiversOf } from './run-checks.ts'

/** What a run of the checks comes to. */
export function conclude<Name extends CheckName>(
  run: Run<Name>,
  subject: {
    readonly tee: 'snp' | 'tdx'
    /** the checks that prove who says what the evidence says */
    readonly authentic: readonly Name[]
    /** beyond authenticity: what the vendor's word about the hardware still stands on */
    readonly endorsing: readonly Name[]
    /** whether the chain ends in a root that the vendor published */
    readonly vendorRoot: boolean
    readonly claims: () => AttestationResult['claims']
    readonly paravisor: AttestationResult['paravisor']
    /** numbers that the endorsements carry, under signatures that `authentic` covers */
    readonly observed: () => FreshnessNumbers
  },
): AttestationResult {
  const isAuthentic = run.held(subject.authentic)
  const hardware = isAuthentic && subject.vendorRoot && run.noneFailed(subject.endorsing)
  const [reasons, waivers] = [reasonsOf(run), waiversOf(run)]
  // All three, so that a check that was skipped for want of its ground can never read as one that held.
  const good = isAuthentic && reasons.length === 0 && !run.starved
  return {
    status: !good ? 'contraindicated' : waivers.length > 0 ? 'warning' : 'affirming',
    hardware,
    tee: subject.tee,
    paravisor: subject.paravisor,
    trustVector: isAuthentic ? trustVectorOf(run, hardware) : noTrust(99),
    claims: isAuthentic ? subject.claims() : null,
    checks: checksOf(run),
    reasons,
    waivers,
    // Only what was found good raises a floor: else whoever sends evidence could raise it for everyone.
    observed: good ? subject.observed() : {},
  }
}
