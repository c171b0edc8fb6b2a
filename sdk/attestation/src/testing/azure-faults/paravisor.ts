import { sha256 } from '@reinraum/crypto'
import { reportData } from '../simulated-evidence.ts'
import type { AzureFault } from './fault.ts'

export const paravisorFaults: readonly AzureFault[] = [
  {
    when: 'the reference values do not accept one',
    check: 'paravisor',
    reason: 'paravisor-not-allowed',
    reference: { paravisor: undefined },
  },
  {
    when: 'what its TPM says is left out',
    check: 'paravisor',
    reason: 'paravisor-missing',
    change: ({ tee, report }) => ({ tee, report }),
  },
  {
    when: 'the guest asked the hardware itself',
    check: 'paravisor',
    reason: 'paravisor-missing',
    overrides: { report: { reportData } },
    change: ({ tee, report }) => ({ tee, report }),
  },
]

export const reportDataFaults: readonly AzureFault[] = [
  {
    when: 'the quote was made for something else',
    check: 'report-data',
    reason: 'report-data-mismatch',
    reportData: reportData.with(63, (reportData[63] ?? 0) ^ 1),
  },
  {
    when: 'the quote was made for the first 48 bytes',
    check: 'report-data',
    reason: 'report-data-mismatch',
    vtpm: { extraData: reportData.subarray(0, 48) },
  },
  {
    when: 'the quote was made for another digest',
    check: 'report-data',
    reason: 'report-data-mismatch',
    vtpm: { extraData: sha256(reportData) },
  },
  {
    when: 'the quote was made for nothing',
    check: 'report-data',
    reason: 'report-data-mismatch',
    vtpm: { extraData: new Uint8Array(0) },
  },
]
