import type { Endorsements, Evidence } from '@reinraum/attestation'
import { ReinraumError } from '@reinraum/crypto'
import { type Evidence as EvidenceMessage, Tee } from '@reinraum/proto'

export interface PresentedEvidence {
  readonly evidence: Evidence
  readonly endorsements: Endorsements
}

/** Evidence in its protobuf form. */
export function evidenceToMessage({ evidence, endorsements }: PresentedEvidence) {
  return {
    tee: evidence.tee === 'snp' ? Tee.SEV_SNP : Tee.TDX,
    report: evidence.tee === 'snp' ? evidence.report : evidence.quote,
    certificates: [...endorsements.certificates],
    crls: [...endorsements.crls],
  }
}

/** @throws ReinraumError `malformed-evidence` */
export function evidenceFromMessage(message: EvidenceMessage | undefined): PresentedEvidence {
  if (message === undefined) throw new ReinraumError('malformed-evidence', 'the request carries no evidence')
  // Bytes from the wire are Buffers, whose `slice` is a view where a Uint8Array's is a copy: parsers get plain arrays.
  const report = Uint8Array.from(message.report)
  const plain = (list: readonly Uint8Array[]) => list.map((bytes) => Uint8Array.from(bytes))
  const endorsements = { certificates: plain(message.certificates), crls: plain(message.crls) }
  switch (message.tee) {
    case Tee.SEV_SNP:
      return { evidence: { tee: 'snp', report }, endorsements }
    case Tee.TDX:
      return { evidence: { tee: 'tdx', quote: report }, endorsements }
    default:
      throw new ReinraumError('malformed-evidence', 'the evidence does not say which hardware it is from')
  }
}
