import { vtpmCheckNames } from '../azure/check-names.ts'
import { isTdReportOf } from '../azure/td-report.ts'
import { withVtpmRules } from '../azure/vtpm-rules.ts'
import { readVtpmSubject, type VtpmSubject } from '../azure/vtpm-subject.ts'
import { conclude } from '../checks/conclude.ts'
import { checksOf, reasonsOf, runChecks } from '../checks/run-checks.ts'
import type { Endorsements, Evidence, Expected } from '../evidence.ts'
import { crlSeries, type FreshnessNumbers, tcbEvaluationSeries } from '../freshness/floors.ts'
import type { AttestationResult, Check, CheckName } from '../result.ts'
import { contraindicated } from '../verdicts.ts'
import { authentic } from './checks/authentic.ts'
import { chainChecks } from './checks/chain.ts'
import { collateralChecks, evaluationNumberOf } from './checks/collateral.ts'
import { type TdxCheckName, tdxCheckNames } from './checks/names.ts'
import { quoteChecks } from './checks/quote.ts'
import { referenceChecks } from './checks/reference.ts'
import { listsOf, revocationChecks } from './checks/revocation.ts'
import type { TdxRule } from './checks/rule.ts'
import { headerChecks, trailingCheck } from './checks/structure.ts'
import { tcbChecks } from './checks/tcb.ts'
import { tdChecks } from './checks/td.ts'
import { claimsOf } from './claims.ts'
import { bodyDescriptorLength, headerLength } from './layout.ts'
import { parseQuote, type QuoteHeader } from './quote.ts'
import type { TdxReferenceValues } from './reference-values.ts'
import { intelRoot } from './roots.ts'
import { readSubject, type TdxSubject } from './subject.ts'

const tdxChecks: readonly TdxRule[] = [
  ...headerChecks,
  trailingCheck,
  ...chainChecks,
  ...revocationChecks,
  ...collateralChecks,
  ...quoteChecks,
  ...tcbChecks,
  ...tdChecks,
  ...referenceChecks,
]

/** Beyond authenticity: what the vendor's word about the platform still stands on. */
const endorsing = [
  'chain-validity',
  'revocation-list',
  'crl-number',
  'revocation',
  'tcb-info-validity',
  'qe-identity-validity',
  'evaluation-number',
  'fmspc',
  'pce-id',
] as const satisfies readonly TdxCheckName[]

type TdxEvidence = Extract<Evidence, { tee: 'tdx' }>

export function appraiseTdx(
  evidence: TdxEvidence,
  endorsements: Endorsements,
  given: { readonly reference: TdxReferenceValues; readonly expected: Expected; readonly now: Date },
): AttestationResult {
  const parsed = parseQuote(evidence.quote)
  const isParavised = evidence.vtpm !== undefined || given.reference.paravisor !== undefined
  const names = [...tdxCheckNames, ...(isParavised ? vtpmCheckNames : [])]
  if (parsed.malformed !== null) {
    const structure: Check = { name: 'structure', verdict: 'failed', detail: parsed.malformed }
    return contraindicated('tdx', 'malformed-evidence', [structure, ...skipped(names.slice(1), 'needs structure')])
  }
  const { header, quote } = parsed
  if (quote === null) return unreadable(header, names)
  const subject = readSubject({ header, quote }, evidence.eventLog, endorsements, given)
  const { tcb } = subject
  const rules = withVtpmRules<TdxCheckName, TdxSubject>(tdxChecks, authentic, vtpmOf(subject, evidence))
  return conclude(runChecks(rules, subject), {
    tee: 'tdx',
    authentic,
    endorsing,
    // Intel has taken its word back for a platform whose level is revoked, and has given none for one that has no level.
    vendorRoot: subject.chain?.root.sha256 === intelRoot && tcb !== null && tcb.status !== 'Revoked',
    claims: () => claimsOf(subject),
    paravisor: evidence.vtpm === undefined ? null : 'azure',
    observed: () => observedBy(subject),
  })
}

/** A quote whose header names a layout that is not read here: only the header can be judged. */
function unreadable(header: QuoteHeader, names: readonly CheckName[]): AttestationResult {
  const run = runChecks(headerChecks, { header })
  const checks = [...checksOf(run), ...skipped(names.slice(headerChecks.length), 'needs a quote that can be read')]
  return { ...contraindicated('tdx', 'malformed-evidence', checks), reasons: reasonsOf(run) }
}

function skipped(names: readonly CheckName[], detail: string): Check[] {
  return names.map((name): Check => ({ name, verdict: 'skipped', detail }))
}

function vtpmOf({ quote, reference, expected }: TdxSubject, { vtpm }: TdxEvidence): VtpmSubject | null {
  const body = quote.signed.subarray(headerLength + (quote.version === 5 ? bodyDescriptorLength : 0))
  return readVtpmSubject(
    { tee: 'tdx', reportData: quote.body.reportData, isKeptReport: (kept) => isTdReportOf(kept, body) },
    vtpm,
    { reference: reference.paravisor, expected: expected.reportData },
  )
}

function observedBy({ chain, collateral }: TdxSubject): FreshnessNumbers {
  if (chain === null || typeof collateral === 'string') return {}
  const { sha256: root } = chain.root
  const numbers = listsOf(collateral).flatMap(({ issuer, number }) =>
    number === null ? [] : [[crlSeries(root, issuer.sha256), number.toString()]],
  )
  const evaluation = evaluationNumberOf(collateral)
  if (evaluation !== null) numbers.push([tcbEvaluationSeries(root), evaluation.toString()])
  return Object.fromEntries(numbers)
}
