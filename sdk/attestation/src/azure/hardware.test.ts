import { createPublicKey } from 'node:crypto'
import { fromHex, sha256, toHex, utf8 } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import type { Expected, VtpmEvidence } from '../evidence.ts'
import type { AttestationResult } from '../result.ts'
import type { SnpReferenceValuesInput } from '../snp/reference-values.ts'
import { amdRoots, type SnpProduct } from '../snp/roots.ts'
import { readCollected, readQuoteBin, readQuoteJson } from '../testing/azure-vectors.ts'
import { hasVectors, readPem, readVector } from '../testing/vectors.ts'
import { tdReportOffsets } from './hcl-layout.ts'
import { type HclReport, parseHclReport } from './hcl-report.ts'
import { readAttestationKey } from './runtime-data.ts'
import { areQuotedPcrs, isSignedBy, parseTpmQuote, type TpmQuote } from './tpm-quote.ts'

const collected = [
  'trustee-az-snp/evidence-genoa.json',
  'trustee-az-snp/evidence-v0.json',
  'trustee-az-snp/evidence-v1.json',
  'trustee-az-snp/evidence-v2.json',
  'trustee-az-tdx/evidence-v0.json',
  'trustee-az-tdx/evidence-v1.json',
]

/** Where each kind of hardware has its report_data. */
const boundData = { snp: 0x50, tdx: tdReportOffsets.reportData } as const

function parsed(path: string): HclReport {
  const report = parseHclReport(readVector(`azure/${path}`))
  if (report === null) throw new Error(`${path} is no report`)
  return report
}

function expectBound({ tee, hardwareReport, runtimeData }: HclReport): void {
  const bound = hardwareReport.subarray(boundData[tee], boundData[tee] + 64)
  expect(toHex(bound)).toBe(`${toHex(sha256(runtimeData))}${'00'.repeat(32)}`)
}

function expectQuoted(report: HclReport, { message, signature, pcrs }: Omit<VtpmEvidence, 'hclReport'>): TpmQuote {
  const [key, quote] = [readAttestationKey(report.runtimeData), parseTpmQuote(message)]
  if (key === null || quote === null) throw new Error('neither key nor quote may be missing')
  expect(isSignedBy(key, message, signature)).toBe(true)
  expect(areQuotedPcrs(quote, pcrs)).toBe(true)
  expect(quote.selected).toHaveLength(24)
  return quote
}

describe.skipIf(!hasVectors)('what real paravisors keep and real TPMs sign', () => {
  it.each([
    ['kinvolk/hcl-report-snp.bin', 'snp', 1184],
    ['kinvolk/hcl-report-tdx.bin', 'tdx', 1024],
    ['trustee-az-snp/hcl-report.bin', 'snp', 1184],
    ['trustee-az-tdx/hcl-report.bin', 'tdx', 1024],
  ] as const)('%s binds its runtime data and names a key', (path, tee, length) => {
    const report = parsed(path)
    expect([report.tee, report.hardwareReport.length]).toEqual([tee, length])
    expectBound(report)
    expect(readAttestationKey(report.runtimeData)?.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 })
  })

  it.each(collected)('%s holds together: hardware, runtime data, key, quote, registers', (path) => {
    const { vtpm } = readCollected(path)
    const report = parseHclReport(vtpm.hclReport)
    if (report === null) throw new Error('this is a report')
    expectBound(report)
    expectQuoted(report, vtpm)
  })

  it.each([
    ['trustee-az-snp/hcl-report.bin', 'trustee-az-snp/quote.bin', 'trustee-az-snp/tpm-quote-v1.json'],
    ['trustee-az-tdx/hcl-report.bin', 'trustee-az-tdx/quote.bin', 'trustee-az-tdx/tpm-quote-v1.json'],
  ] as const)('the key in %s signed two files of one quote, which carries the challenge', (path, bin, json) => {
    expect(readQuoteBin(bin)).toEqual(readQuoteJson(json))
    expect(expectQuoted(parsed(path), readQuoteBin(bin)).extraData).toEqual(utf8('challenge'))
  })

  it('runtime data that was kept by itself names a key', () => {
    const runtimeData = readVector('azure/kinvolk/var-data.bin')
    expect(readAttestationKey(runtimeData)?.export({ format: 'jwk' })).toMatchObject({ kty: 'RSA', e: 'AQAB' })
  })

  it('a quote of another guest is signed by the key that its TPM gave out, and by no other', () => {
    const { message, signature, pcrs } = readQuoteBin('kinvolk/quote.bin')
    const key = createPublicKey(Buffer.from(readVector('azure/kinvolk/akpub.pem')))
    const other = readAttestationKey(parsed('trustee-az-snp/hcl-report.bin').runtimeData)
    const quote = parseTpmQuote(message)
    if (quote === null || other === null) throw new Error('both can be read')
    expect([isSignedBy(key, message, signature), isSignedBy(other, message, signature)]).toEqual([true, false])
    expect(areQuotedPcrs(quote, pcrs)).toBe(true)
  })

  it('a quote over some of the registers can be read, and no key that is kept here signed it', () => {
    const [message, signature] = [
      readVector('azure/trustee-az-snp/tpm-quote.msg'),
      readVector('azure/trustee-az-snp/tpm-quote.sig'),
    ]
    expect(parseTpmQuote(message)).toMatchObject({ selected: [0, 1, 2, 3, 4, 5, 6, 7, 14], extraData: utf8('challenge') })
    const key = readAttestationKey(parsed('trustee-az-snp/hcl-report.bin').runtimeData)
    expect(key !== null && isSignedBy(key, message, signature)).toBe(false)
  })
})

interface Asked {
  readonly product: SnpProduct
  readonly now: string
  readonly policy?: SnpReferenceValuesInput['policy']
  readonly pcrs?: Readonly<Record<string, string[]>>
  readonly change?: (vtpm: VtpmEvidence) => VtpmEvidence | undefined
  readonly expected?: Expected
}

async function appraiseCollected(path: string, asked: Asked): Promise<AttestationResult> {
  const { product, policy = {}, change = (same) => same } = asked
  const { vtpm, vcek } = readCollected(path)
  const [hcl, quote] = [parseHclReport(vtpm.hclReport), parseTpmQuote(vtpm.message)]
  if (hcl === null || quote === null) throw new Error('both can be read')
  const changed = change(vtpm)
  const pcrs = asked.pcrs ?? { '4': [toHex(vtpm.pcrs[4] as Uint8Array)], '7': [toHex(vtpm.pcrs[7] as Uint8Array)] }
  return appraise(
    { tee: 'snp', report: hcl.hardwareReport, ...(changed ? { vtpm: changed } : {}) },
    {
      certificates: [...readPem(`amd/trustee_${product.toLowerCase()}_ask_ark_asvk.pem`), vcek],
      crls: [readVector(`amd/crl_${product.toLowerCase()}.der`)],
    },
    {
      snp: {
        roots: [{ product, sha256: amdRoots[product], simulated: false }],
        measurements: [toHex(hcl.hardwareReport.subarray(0x90, 0xc0))],
        paravisor: { kind: 'azure', pcrs },
        policy,
      },
    },
    asked.expected ?? { reportData: quote.extraData },
    new Date(asked.now),
  )
}

const genoa = { product: 'Genoa', now: '2025-06-01T00:00:00Z' } as const

describe.skipIf(!hasVectors)('evidence of real guests of Azure', () => {
  it('on Genoa, under the default policy, is hardware and a warning that names the paravisor', async () => {
    const result = await appraiseCollected('trustee-az-snp/evidence-genoa.json', genoa)
    expect(result.reasons).toEqual([])
    expect(result).toMatchObject({ status: 'warning', hardware: true, paravisor: 'azure', waivers: ['paravisor'] })
    expect(result.trustVector).toMatchObject({ hardware: 2, 'runtime-opaque': 32 })
    expect(result.claims).toMatchObject({ tee: 'snp', product: 'Genoa', vmpl: 0 })
  })

  it.each(['evidence-v0.json', 'evidence-v1.json', 'evidence-v2.json'])(
    'on Milan (%s) is refused by default, and for nothing but the product and its age',
    async (file) => {
      const milan = { product: 'Milan', now: '2025-09-01T00:00:00Z' } as const
      const strict = await appraiseCollected(`trustee-az-snp/${file}`, milan)
      expect(strict).toMatchObject({ status: 'contraindicated' })
      const policy = { products: ['Milan' as const], allowVersion2: true, requireAliasCheck: false }
      const result = await appraiseCollected(`trustee-az-snp/${file}`, { ...milan, policy })
      expect(result.reasons).toEqual([])
      expect(result).toMatchObject({ status: 'warning', hardware: true, paravisor: 'azure' })
    },
  )

  it('is for the one challenge only, and not for its beginning or for what else might hash to it', async () => {
    const { vtpm } = readCollected('trustee-az-snp/evidence-genoa.json')
    const challenge = parseTpmQuote(vtpm.message)?.extraData ?? new Uint8Array(0)
    for (const reportData of [challenge.subarray(0, 32), new Uint8Array(64), new Uint8Array(0), fromHex('00')]) {
      const result = await appraiseCollected('trustee-az-snp/evidence-genoa.json', { ...genoa, expected: { reportData } })
      expect(result.reasons).toEqual(['report-data-mismatch'])
    }
  })

  it('is refused where other software was started, or where the TPM is left out', async () => {
    const pcrs = { '4': ['11'.repeat(32)] }
    const other = await appraiseCollected('trustee-az-snp/evidence-genoa.json', { ...genoa, pcrs })
    expect(other).toMatchObject({ status: 'contraindicated', reasons: ['pcr-mismatch'] })
    const bare = await appraiseCollected('trustee-az-snp/evidence-genoa.json', { ...genoa, change: () => undefined })
    expect(bare).toMatchObject({ status: 'contraindicated', reasons: ['paravisor-missing'], paravisor: null })
  })

  it('is refused with the TPM of another guest', async () => {
    const { vtpm: other } = readCollected('trustee-az-snp/evidence-v2.json')
    const challenge = { reportData: parseTpmQuote(other.message)?.extraData ?? new Uint8Array(0) }
    const path = 'trustee-az-snp/evidence-genoa.json'
    const whole = await appraiseCollected(path, { ...genoa, change: () => other, expected: challenge })
    expect(whole.reasons).toEqual(['runtime-data-mismatch'])
    const quoteOnly = (vtpm: VtpmEvidence) => ({ ...other, hclReport: vtpm.hclReport })
    const signed = await appraiseCollected(path, { ...genoa, change: quoteOnly, expected: challenge })
    expect(signed.reasons).toEqual(['tpm-quote-signature-invalid'])
  })
})
