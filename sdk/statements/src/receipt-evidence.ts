import type { Endorsements, Evidence, VtpmEvidence } from '@reinraum/attestation'
import { fromBase64url, toBase64url } from '@reinraum/crypto'
import { z } from 'zod'

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/)
const bytes = (maximum: number) => base64url.max(Math.ceil((maximum * 4) / 3))

const vtpmSchema = z.strictObject({
  hclReport: bytes(65_536),
  message: bytes(4096),
  signature: bytes(1024),
  pcrs: z.array(base64url.length(43)).length(24),
})

const common = {
  /** the report or quote */
  report: bytes(65_536),
  certificates: z.array(bytes(4096)).max(8),
  crls: z.array(bytes(24_576)).max(4),
  vtpm: vtpmSchema.optional(),
}

/** Evidence and all that came along with it, so that it can be judged again offline; bounded as in a message (evidence.proto). */
export const receiptEvidenceSchema = z.discriminatedUnion('tee', [
  z.strictObject({ tee: z.literal('snp'), ...common }),
  z.strictObject({
    tee: z.literal('tdx'),
    ...common,
    eventLog: bytes(262_144).optional(),
    collateral: bytes(131_072).optional(),
  }),
])
export type ReceiptEvidence = z.infer<typeof receiptEvidenceSchema>

interface PresentedEvidence {
  readonly evidence: Evidence
  readonly endorsements: Endorsements
}

export function writeReceiptEvidence({ evidence, endorsements }: PresentedEvidence): ReceiptEvidence {
  const { vtpm } = evidence
  const parts = {
    certificates: endorsements.certificates.map(toBase64url),
    crls: endorsements.crls.map(toBase64url),
    ...(vtpm === undefined ? {} : { vtpm: writeVtpm(vtpm) }),
  }
  if (evidence.tee === 'snp') return { tee: 'snp', report: toBase64url(evidence.report), ...parts }
  const { quote, eventLog } = evidence
  const { collateral } = endorsements
  return {
    tee: 'tdx',
    report: toBase64url(quote),
    ...parts,
    ...(eventLog === undefined ? {} : { eventLog: toBase64url(eventLog) }),
    ...(collateral === undefined ? {} : { collateral: toBase64url(collateral) }),
  }
}

/** @throws ReinraumError `invalid-argument` where a part is no base64url */
export function readReceiptEvidence(written: ReceiptEvidence): PresentedEvidence {
  const report = fromBase64url(written.report)
  const vtpm = written.vtpm === undefined ? {} : { vtpm: readVtpm(written.vtpm) }
  const lists = { certificates: written.certificates.map(fromBase64url), crls: written.crls.map(fromBase64url) }
  if (written.tee === 'snp') return { evidence: { tee: 'snp', report, ...vtpm }, endorsements: lists }
  const { eventLog, collateral } = written
  return {
    evidence: { tee: 'tdx', quote: report, ...(eventLog === undefined ? {} : { eventLog: fromBase64url(eventLog) }), ...vtpm },
    endorsements: { ...lists, ...(collateral === undefined ? {} : { collateral: fromBase64url(collateral) }) },
  }
}

function writeVtpm({ hclReport, message, signature, pcrs }: VtpmEvidence): z.infer<typeof vtpmSchema> {
  return {
    hclReport: toBase64url(hclReport),
    message: toBase64url(message),
    signature: toBase64url(signature),
    pcrs: pcrs.map(toBase64url),
  }
}

function readVtpm({ hclReport, message, signature, pcrs }: z.infer<typeof vtpmSchema>): VtpmEvidence {
  return {
    hclReport: fromBase64url(hclReport),
    message: fromBase64url(message),
    signature: fromBase64url(signature),
    pcrs: pcrs.map(fromBase64url),
  }
}
