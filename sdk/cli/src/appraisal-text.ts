import type { AttestationResult, Check, SnpClaims, TdxClaims } from '@reinraum/attestation'
import { lines, oneLine } from './output.ts'
import { waiverText } from './waiver-text.ts'

const marks = { passed: '✓', failed: '✗', skipped: '·' } as const

/**
 * An appraisal for people: how it ended and whether hardware stands behind it, what was given up, every check and why, and
 * what the evidence says where it is proven who said it.
 * @param remarks what its reader has to know beside the result
 */
export function appraisalText(result: AttestationResult, remarks: readonly string[] = []): string {
  const said = [...notes(result), ...remarks].map((line) => `  ${line}`)
  return [`${result.status}, ${standing(result)}`, ...said, ...checksText(result.checks), ...claimsText(result.claims)].join('\n')
}

/** How an appraisal ended, whether hardware stands behind it, and what the policy gave up: where its checks are not the matter. */
export function appraisalSummary(result: AttestationResult): string {
  return [`${result.status}, ${standing(result)}`, ...notes(result).map((line) => `  ${line}`)].join('\n')
}

/** Checks in their order; those that were not reached stand together, so that they do not bury the one that failed. */
function checksText(checks: readonly Check[]): string[] {
  const reached = checks.filter((check) => !isUnreached(check))
  const unreached = checks.filter(isUnreached).map(({ name }) => name)
  return [
    ...reached.map(({ name, verdict, detail }) => `  ${marks[verdict]} ${name}${detail === '' ? '' : `: ${oneLine(detail)}`}`),
    ...(unreached.length === 0
      ? []
      : [`  ${marks.skipped} not judged, for what they need does not hold: ${unreached.join(', ')}`]),
  ]
}

function isUnreached({ verdict, detail }: Check): boolean {
  return verdict === 'skipped' && detail.startsWith('needs ')
}

/** The same for programs. */
export function appraisalJson({ status, hardware, tee, paravisor, reasons, waivers, checks }: AttestationResult) {
  return { status, hardware, tee, paravisor, reasons, waivers, checks }
}

/**
 * What stands behind the evidence. An appraisal that failed may be of hardware or of a simulator: only the pinned root
 * tells, so that real hardware with a stale list is not called simulated, and nothing unproven is called hardware.
 */
function standing({ hardware, status, checks }: AttestationResult): string {
  if (hardware) return 'hardware'
  const root = checks.find(({ name }) => name === 'pinned-root')
  const simulated = root?.verdict === 'passed' && root.detail.startsWith('simulated root')
  return simulated || status !== 'contraindicated' ? 'SIMULATED hardware' : 'NOT PROVEN to be hardware'
}

function notes({ reasons, waivers, paravisor, claims, checks }: AttestationResult): string[] {
  // Skipped where the documents that it comes from are not Intel's.
  const judged = checks.some(({ name, verdict }) => name === 'tcb-status' && verdict !== 'skipped')
  return [
    ...(reasons.length === 0 ? [] : [`refused: ${reasons.join(', ')}`]),
    ...waivers.map((waiver) => `given up by the policy: ${waiver}, ${waiverText(waiver)}`),
    ...(paravisor === null ? [] : [`measured by the paravisor of ${paravisor}, which is trusted with all of the guest's memory`]),
    ...(judged && claims?.tee === 'tdx' && claims.tcb !== null ? [tcbText(claims.tcb)] : []),
  ]
}

function tcbText(tcb: NonNullable<TdxClaims['tcb']>): string {
  const module = tcb.module === null ? '' : `module ${tcb.module}, `
  const open = tcb.advisories.length === 0 ? 'no advisories' : `advisories ${tcb.advisories.join(', ')}`
  return oneLine(
    `TCB ${tcb.status} (platform ${tcb.platform}, ${module}quoting enclave ${tcb.quotingEnclave}), ` +
      `level of ${tcb.date}, ${open}; evaluation data number ${tcb.evaluationDataNumber}`,
  )
}

function claimsText(claims: AttestationResult['claims']): string[] {
  if (claims === null) return ['what the evidence says is not shown: nothing proves who said it']
  const [what, said] = claims.tee === 'snp' ? ['SEV-SNP report', snpLines(claims)] : ['TDX quote', tdxLines(claims)]
  return [`what the ${what} says:`, lines(said).replaceAll(/^/gm, '  ')]
}

function snpLines(claims: SnpClaims): (readonly [string, string])[] {
  return [
    ['measurement', claims.measurement],
    ['report data', claims.reportData],
    ['host data', claims.hostData],
    ['chip', claims.chipId],
    ['product', `${claims.product}, signed by its ${claims.signedBy}`],
  ]
}

function tdxLines(claims: TdxClaims): (readonly [string, string])[] {
  return [
    ['MRTD', claims.mrtd],
    ...claims.rtmr.map((value, index) => [`RTMR${index}`, value] as const),
    ['MRCONFIGID', claims.mrConfigId],
    ['report data', claims.reportData],
    ['platform', `FMSPC ${claims.pck.fmspc}, PPID ${claims.pck.ppid}`],
  ]
}
