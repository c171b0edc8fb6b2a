import { constantTimeEqual } from '@reinraum/crypto'
import { vtpmCheckNames } from '../azure/check-names.ts'
import { withVtpmRules } from '../azure/vtpm-rules.ts'
import { readVtpmSubject, type VtpmSubject } from '../azure/vtpm-subject.ts'
import { conclude } from '../checks/conclude.ts'
import { passed } from '../checks/outcome.ts'
import { runChecks } from '../checks/run-checks.ts'
import type { Endorsements, Evidence, Expected } from '../evidence.ts'
import { crlSeries } from '../freshness/floors.ts'
import type { AttestationResult, Check } from '../result.ts'
import { contraindicated } from '../verdicts.ts'
import { authentic } from './checks/authentic.ts'
import { chainChecks } from './checks/chain.ts'
import { type SnpCheckName, snpCheckNames } from './checks/names.ts'
import { policyChecks } from './checks/policy.ts'
import { referenceChecks } from './checks/reference.ts'
import { revocationChecks } from './checks/revocation.ts'
import type { SnpRule } from './checks/rule.ts'
import { signingKeyChecks } from './checks/signing-key.ts'
import { structureChecks } from './checks/structure.ts'
import { tcbChecks } from './checks/tcb.ts'
import { claimsOf } from './claims.ts'
import { reportLength } from './layout.ts'
import type { SnpReferenceValues } from './reference-values.ts'
import { parseReport, type SnpReport } from './report.ts'
import { isAmdRoot } from './roots.ts'
import { readSubject, type SnpSubject } from './subject.ts'

const snpChecks: readonly SnpRule[] = [
  // Without it there is no subject to look at; see below.
  { name: 'length', claim: 'instance-identity', needs: [], run: () => passed(`${reportLength} bytes`) },
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
  'crl-number',
  'revocation',
  // Who has a product's seeds can sign as any of its chips: what is refused for that is proved by no hardware.
  'product-allowed',
] as const satisfies readonly SnpCheckName[]

type SnpEvidence = Extract<Evidence, { tee: 'snp' }>

export function appraiseSnp(
  evidence: SnpEvidence,
  endorsements: Endorsements,
  given: { readonly reference: SnpReferenceValues; readonly expected: Expected; readonly now: Date },
): AttestationResult {
  const report = parseReport(evidence.report)
  if (report === null) return ofWrongLength(evidence, given.reference)
  const subject = readSubject(report, endorsements, given)
  const vtpm = vtpmOf(report, evidence, given)
  return conclude(runChecks(withVtpmRules<SnpCheckName, SnpSubject>(snpChecks, authentic, vtpm), subject), {
    tee: 'snp',
    authentic,
    endorsing,
    vendorRoot: subject.product !== null && subject.ark !== null && isAmdRoot(subject.product, subject.ark.sha256),
    claims: () => claimsOf(subject),
    paravisor: evidence.vtpm === undefined ? null : 'azure',
    observed: () => observedBy(subject),
  })
}

function vtpmOf(
  report: SnpReport,
  evidence: SnpEvidence,
  { reference, expected }: { readonly reference: SnpReferenceValues; readonly expected: Expected },
): VtpmSubject | null {
  return readVtpmSubject(
    { tee: 'snp', reportData: report.reportData, isKeptReport: (kept) => constantTimeEqual(kept, report.bytes) },
    evidence.vtpm,
    { reference: reference.paravisor, expected: expected.reportData },
  )
}

function ofWrongLength({ report, vtpm }: SnpEvidence, { paravisor }: SnpReferenceValues): AttestationResult {
  const length: Check = { name: 'length', verdict: 'failed', detail: `${report.length} bytes, not ${reportLength}` }
  const names = [...snpCheckNames.slice(1), ...(vtpm === undefined && paravisor === undefined ? [] : vtpmCheckNames)]
  const rest = names.map((name): Check => ({ name, verdict: 'skipped', detail: 'needs length' }))
  return contraindicated('snp', 'malformed-evidence', [length, ...rest])
}

function observedBy({ ark, lists }: SnpSubject) {
  return Object.fromEntries(
    lists.flatMap((list) =>
      ark === null || list.number === null ? [] : [[crlSeries(ark.sha256, list.issuer.sha256), list.number.toString()]],
    ),
  )
}
