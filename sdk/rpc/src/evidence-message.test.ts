import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import type { Evidence, VtpmEvidence } from '@reinraum/attestation'
import { EvidenceSchema, Tee } from '@reinraum/proto'
import { expect, test } from 'vitest'
import { evidenceFromMessage, evidenceToMessage, type PresentedEvidence } from './evidence-message.ts'
import { defaultLimits } from './limits.ts'

const bytes = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (seed + i) & 0xff)
const pcrs = Array.from({ length: 24 }, (_, i) => bytes(32, i))
const vtpm: VtpmEvidence = { hclReport: bytes(2600, 3), message: bytes(145, 4), signature: bytes(256, 5), pcrs }
const snp: Evidence = { tee: 'snp', report: bytes(1184) }
const tdx: Evidence = { tee: 'tdx', quote: bytes(5000) }
const amd = { certificates: [bytes(1300), bytes(1600)], crls: [bytes(900)] }
const intel = { certificates: [], crls: [], collateral: new TextEncoder().encode('{"tcb_info":"ü"}') }

const overTheWire = (presented: PresentedEvidence) =>
  evidenceFromMessage(fromBinary(EvidenceSchema, toBinary(EvidenceSchema, evidenceToMessage(presented))))

test.each<[string, PresentedEvidence]>([
  ['an SEV-SNP report with its certificates and lists', { evidence: snp, endorsements: amd }],
  ['an SEV-SNP report of a paravisor', { evidence: { ...snp, vtpm }, endorsements: amd }],
  ['a TDX quote alone', { evidence: tdx, endorsements: { certificates: [], crls: [] } }],
  ['a TDX quote with event log and collateral', { evidence: { ...tdx, eventLog: bytes(70_000) }, endorsements: intel }],
  ['a TDX quote of a paravisor', { evidence: { ...tdx, vtpm }, endorsements: intel }],
])('%s is on the other side what it was', (_, presented) => {
  expect(overTheWire(presented)).toEqual(presented)
})

test('the largest evidence fits into one message with room for what it is sent with', () => {
  const largest: PresentedEvidence = {
    evidence: {
      tee: 'tdx',
      quote: bytes(65536),
      eventLog: bytes(262144),
      vtpm: { hclReport: bytes(65536), message: bytes(4096), signature: bytes(1024), pcrs },
    },
    endorsements: {
      certificates: Array.from({ length: 8 }, () => bytes(4096)),
      crls: Array.from({ length: 4 }, () => bytes(24576)),
      collateral: bytes(131072),
    },
  }
  expect(overTheWire(largest)).toEqual(largest)
  expect(toBinary(EvidenceSchema, evidenceToMessage(largest)).length).toBeLessThan(1024 * 1024)
  expect(defaultLimits.maxMessageBytes).toBeGreaterThan(1024 * 1024)
})

type Init = MessageInitShape<typeof EvidenceSchema>
const good = { tee: Tee.TDX, report: bytes(5000) } satisfies Init
const hostile: readonly (readonly [string, Init])[] = [
  ['names no hardware', { report: bytes(1184) }],
  ['names hardware that does not exist', { ...good, tee: 3 as Tee }],
  ['carries no report', { tee: Tee.SEV_SNP }],
  ['carries a report of more than 64 KiB', { ...good, report: bytes(65537) }],
  ['carries nine certificates', { ...good, certificates: Array.from({ length: 9 }, () => bytes(8)) }],
  ['carries a certificate of more than 4 KiB', { ...good, certificates: [bytes(4097)] }],
  ['carries a certificate of no bytes', { ...good, certificates: [bytes(0)] }],
  ['carries five lists', { ...good, crls: Array.from({ length: 5 }, () => bytes(8)) }],
  ['carries a list of more than 24 KiB', { ...good, crls: [bytes(24577)] }],
  ['carries an event log of more than 256 KiB', { ...good, eventLog: bytes(262145) }],
  ['carries an event log of no bytes', { ...good, eventLog: bytes(0) }],
  ['is of SEV-SNP and carries an event log', { tee: Tee.SEV_SNP, report: bytes(1184), eventLog: bytes(8) }],
  ['carries collateral of more than 128 KiB', { ...good, collateral: bytes(131073) }],
  ['carries 23 PCRs', { ...good, vtpm: { ...vtpm, pcrs: pcrs.slice(1) } }],
  ['carries 25 PCRs', { ...good, vtpm: { ...vtpm, pcrs: [...pcrs, bytes(32)] } }],
  ['carries a PCR of another length', { ...good, vtpm: { ...vtpm, pcrs: [...pcrs.slice(1), bytes(31)] } }],
  ['carries an HCL report of more than 64 KiB', { ...good, vtpm: { ...vtpm, pcrs, hclReport: bytes(65537) } }],
  ['carries a TPM message of no bytes', { ...good, vtpm: { ...vtpm, pcrs, message: bytes(0) } }],
  ['carries a TPM signature of more than 1 KiB', { ...good, vtpm: { ...vtpm, pcrs, signature: bytes(1025) } }],
]

test.each(hostile)('a message that %s is malformed evidence', (_, init) => {
  const message = create(EvidenceSchema, init)
  expect(() => evidenceFromMessage(message)).toThrow(expect.objectContaining({ code: 'malformed-evidence' }))
})

test('a message without evidence is malformed evidence', () => {
  expect(() => evidenceFromMessage(undefined)).toThrow(expect.objectContaining({ code: 'malformed-evidence' }))
})

test('what no message carries is refused by whoever would send it', () => {
  const presented = { evidence: { ...tdx, eventLog: bytes(1048577) }, endorsements: intel }
  expect(() => evidenceToMessage(presented)).toThrow(expect.objectContaining({ code: 'malformed-evidence' }))
})
