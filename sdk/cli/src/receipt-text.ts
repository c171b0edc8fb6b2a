import type { ReceiptVerification } from '@reinraum/client'
import { namedNoiseLines } from './named-noise-text.ts'

/** A receipt's checks for people. */
export function receiptText({ valid, checks, receipt, appraisal }: ReceiptVerification): string {
  const hardware = appraisal === undefined ? '' : appraisal.hardware ? ', hardware' : ', SIMULATED hardware'
  return [
    `receipt ${valid ? 'valid' : 'INVALID'}${hardware}`,
    ...checks.map(({ name, passed, detail }) => `  ${passed ? '✓' : '✗'} ${name}: ${detail}`),
    ...(valid && receipt?.document.noise !== undefined ? namedNoiseLines(receipt.document.noise) : []),
  ].join('\n')
}

/** The same for programs. */
export function receiptJson({ valid, checks, receipt, appraisal }: ReceiptVerification) {
  return {
    valid,
    hardware: appraisal?.hardware ?? null,
    checks,
    receipt: receipt === undefined ? null : { id: receipt.id, ...receipt.document },
  }
}
