import { describeEvidence } from '@reinraum/attestation'
import { expect, it } from 'vitest'
import { parseReportData, reportDataIn } from './report-data.ts'

it('report data is exactly 64 bytes in hex, of either case', () => {
  expect(parseReportData('aB'.repeat(64))).toEqual(new Uint8Array(64).fill(0xab))
  for (const wrong of [
    '',
    'ab',
    'ab'.repeat(63),
    'ab'.repeat(65),
    `0x${'ab'.repeat(64)}`,
    ` ${'ab'.repeat(64)}`,
    'zz'.repeat(64),
  ]) {
    expect(() => parseReportData(wrong)).toThrow('--report-data takes all 64 bytes in hex')
  }
})

it('the report data of a report is at its place, and that of malformed evidence is nothing', () => {
  const report = new Uint8Array(1184).fill(1, 0x50, 0x90)
  expect(reportDataIn(describeEvidence({ tee: 'snp', report }))).toEqual(new Uint8Array(64).fill(1))
  expect(reportDataIn(describeEvidence({ tee: 'snp', report: report.subarray(1) }))).toEqual(new Uint8Array(64))
  expect(reportDataIn(describeEvidence({ tee: 'tdx', quote: report }))).toEqual(new Uint8Array(64))
})
