import { fromHex } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import type { AttestationReason } from '../result.ts'
import { collateral2026, encodeCollateral } from '../testing/tdx-collateral.ts'
import { hasVectors, listVectors, readVector } from '../testing/vectors.ts'
import type { TdxCheckName } from './checks/names.ts'
import { intelRoot } from './roots.ts'

interface Expected {
  readonly file: string
  readonly crypto_ok: boolean
  readonly trailing_all_zero: boolean
  readonly fmspc: string
  readonly mrtd: string
  readonly rtmr: readonly [string, string, string, string]
  readonly report_data: string
}

const all: readonly Expected[] = hasVectors ? JSON.parse(Buffer.from(readVector('EXPECTED-tdx.json')).toString('utf8')) : []

/** What every quote of EXPECTED-tdx.json comes to under the default policy and what Intel published in spring 2026. */
const reasons: Readonly<Record<string, readonly AttestationReason[]>> = {
  'tdx/dstack-quote-report/quote.bin': [],
  'tdx/gotdx-v5/quote.bin': [],
  'tdx/automata-alibaba-v5/quote.bin': ['tcb-status-not-allowed', 'service-td-not-allowed'],
  'tdx/azure-cat-td_quote_v5/quote.bin': ['tcb-level-unknown'],
  'tdx/trustee-tdx_quote_5/quote.bin': ['tcb-level-unknown', 'service-td-not-allowed'],
  'tdx/oasis-v4-out-of-date/quote.bin': ['tcb-level-unknown', 'sept-ve-not-disabled', 'pks-not-allowed'],
  // Their platforms are of other kinds, which this collateral says nothing about.
  'tdx/gotdx-cos113/quote.bin': ['fmspc-mismatch'],
  'tdx/oak-tdx-oc/quote.bin': ['fmspc-mismatch'],
  'tdx/oasis-v4/quote.bin': ['fmspc-mismatch'],
  'tdx/oasis-v4-trailing/quote.bin': ['fmspc-mismatch'],
  'tdx/phala/quote.bin': ['fmspc-mismatch'],
  'tdx/phala-near/quote.bin': ['fmspc-mismatch'],
  'azure/trustee-az-tdx/td-quote.bin': ['fmspc-mismatch', 'sept-ve-not-disabled'],
}

const cryptography: readonly TdxCheckName[] = ['chain-signatures', 'qe-report-signature', 'qe-report-binding', 'quote-signature']

function collateralFor(fmspc: string): Uint8Array {
  const path = 'tdx/attestation-rs-collateral-2026/tcb_info_50806f000000.json'
  return encodeCollateral(fmspc === '50806f000000' ? collateral2026(path) : collateral2026())
}

function rtmrsOf({ rtmr: [, rtmr1, rtmr2] }: Expected) {
  return { rtmr1: [rtmr1], rtmr2: [rtmr2] }
}

describe.skipIf(!hasVectors)('quotes of real processors', () => {
  it('are all judged: each that is expected has a verdict here, and each file is expected', () => {
    const files = listVectors('tdx').filter((path) => path.endsWith('/quote.bin'))
    const expected = all.map(({ file }) => file).sort()
    expect(expected.filter((file) => file.startsWith('tdx/'))).toEqual(files)
    expect(Object.keys(reasons).sort()).toEqual(expected)
  })

  it.each(all)('$file holds together as an independent computation says, and is judged', async (expected) => {
    const result = await appraise(
      { tee: 'tdx', quote: readVector(expected.file) },
      { certificates: [], crls: [], collateral: collateralFor(expected.fmspc) },
      { tdx: { roots: [{ sha256: intelRoot, simulated: false }], mrtd: [expected.mrtd], ...rtmrsOf(expected) } },
      { reportData: fromHex(expected.report_data) },
      new Date('2026-04-01T00:00:00Z'),
    )
    const passed = (name: TdxCheckName) => result.checks.some((check) => check.name === name && check.verdict === 'passed')
    expect(cryptography.every(passed)).toBe(expected.crypto_ok)
    expect(passed('trailing-bytes')).toBe(expected.trailing_all_zero)
    expect(result.reasons).toEqual(reasons[expected.file])
    expect(result.status).toBe(result.reasons.length === 0 ? 'affirming' : 'contraindicated')
  })
})
