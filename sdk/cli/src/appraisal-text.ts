import type { AttestationResult } from '@reinraum/attestation'

/** An appraisal for people: what was checked, how it ended, and whether hardware stands behind it. */
export function appraisalText(result: AttestationResult): string {
  const marks = { passed: '✓', failed: '✗', skipped: '·' } as const
  const checks = result.checks.map(
    ({ name, verdict, detail }) => `  ${marks[verdict]} ${name}${detail === '' ? '' : `: ${detail}`}`,
  )
  return [`${result.status}, ${result.hardware ? 'hardware' : 'SIMULATED hardware'}`, ...checks].join('\n')
}

/** The same for programs. */
export function appraisalJson({ status, hardware, tee, reasons, checks }: AttestationResult) {
  return { status, hardware, tee, reasons, checks }
}
