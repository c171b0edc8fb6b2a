import type { Endorsements, Evidence, VtpmEvidence } from '@reinraum/attestation'
import { canonicalBytes, parseStrictJson } from '@reinraum/crypto'
import { expect, test } from 'vitest'
import { readReceiptEvidence, receiptEvidenceSchema, writeReceiptEvidence } from './receipt-evidence.ts'

const bytes = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (seed + i) & 0xff)
const pcrs = Array.from({ length: 24 }, (_, i) => bytes(32, i))
const vtpm: VtpmEvidence = { hclReport: bytes(2600, 3), message: bytes(145, 4), signature: bytes(256, 5), pcrs }
const snp: Evidence = { tee: 'snp', report: bytes(1184) }
const tdx: Evidence = { tee: 'tdx', quote: bytes(5000) }
const amd: Endorsements = { certificates: [bytes(1300), bytes(1600)], crls: [bytes(900)] }
const intel: Endorsements = { certificates: [], crls: [], collateral: new TextEncoder().encode('{"tcb_info" :"ü"}') }

test.each<[string, Evidence, Endorsements]>([
  ['an SEV-SNP report', snp, amd],
  ['an SEV-SNP report of a paravisor', { ...snp, vtpm }, amd],
  ['a TDX quote alone', tdx, { certificates: [], crls: [] }],
  ['a TDX quote with event log and collateral', { ...tdx, eventLog: bytes(70_000) }, intel],
  ['a TDX quote of a paravisor', { ...tdx, vtpm }, intel],
  [
    'the largest evidence that a message carries',
    {
      tee: 'tdx',
      quote: bytes(65_536),
      eventLog: bytes(262_144),
      vtpm: { hclReport: bytes(65_536), message: bytes(4096), signature: bytes(1024), pcrs },
    },
    {
      certificates: Array.from({ length: 8 }, () => bytes(4096)),
      crls: Array.from({ length: 4 }, () => bytes(24_576)),
      collateral: bytes(131_072),
    },
  ],
])('%s comes out of a receipt as it went in', (_, evidence, endorsements) => {
  const text = canonicalBytes(writeReceiptEvidence({ evidence, endorsements }))
  const written = receiptEvidenceSchema.parse(parseStrictJson(text, { maxBytes: 16 * 2 ** 20 }))
  expect(readReceiptEvidence(written)).toEqual({ evidence, endorsements })
})

const [ofSnp, ofTdx] = [snp, { ...tdx, vtpm }].map((evidence) => writeReceiptEvidence({ evidence, endorsements: amd }))
test.each<[string, object]>([
  ['names no hardware', { ...ofSnp, tee: 'sev' }],
  ['is of SEV-SNP and has an event log', { ...ofSnp, eventLog: 'AAAA' }],
  ['is of SEV-SNP and has collateral', { ...ofSnp, collateral: 'AAAA' }],
  ['has a field of another name', { ...ofTdx, log: 'AAAA' }],
  ['has a report of no bytes', { ...ofTdx, report: '' }],
  ['has a report in base64 of another alphabet', { ...ofTdx, report: 'AA+/' }],
  ['has a report of more than 64 KiB', { ...ofTdx, report: 'A'.repeat(87_383) }],
  ['has an event log of more than 256 KiB', { ...ofTdx, eventLog: 'A'.repeat(349_527) }],
  ['has collateral of more than 128 KiB', { ...ofTdx, collateral: 'A'.repeat(174_764) }],
  ['has a certificate of more than 4 KiB', { ...ofTdx, certificates: ['A'.repeat(5463)] }],
  ['has a list of more than 24 KiB', { ...ofTdx, crls: ['A'.repeat(32_769)] }],
  ['has nine certificates', { ...ofTdx, certificates: Array.from({ length: 9 }, () => 'AAAA') }],
  ['has five lists', { ...ofTdx, crls: Array.from({ length: 5 }, () => 'AAAA') }],
  ['has 23 PCRs', { ...ofTdx, vtpm: { ...ofTdx?.vtpm, pcrs: ofTdx?.vtpm?.pcrs.slice(1) } }],
])('evidence that %s is none', (_, written) => {
  expect(receiptEvidenceSchema.safeParse(ofTdx).success).toBe(true)
  expect(receiptEvidenceSchema.safeParse(written).success).toBe(false)
})
