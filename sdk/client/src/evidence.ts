import type { Endorsements, Evidence } from '@reinraum/attestation'
import { ReinraumError } from '@reinraum/crypto'
import { type Evidence as EvidenceMessage, Tee } from '@reinraum/proto'

/** Evidence and endorsements from their protobuf form. Whether any of it is true is for `appraise` to say. */
export function evidenceFromMessage(message: EvidenceMessage | undefined): { evidence: Evidence; endorsements: Endorsements } {
  if (message === undefined) throw new ReinraumError('malformed-evidence', 'the answer carries no evidence')
  const endorsements = { certificates: message.certificates, crls: message.crls }
  switch (message.tee) {
    case Tee.SEV_SNP:
      return { evidence: { tee: 'snp', report: message.report }, endorsements }
    case Tee.TDX:
      return { evidence: { tee: 'tdx', quote: message.report }, endorsements }
    default:
      throw new ReinraumError('malformed-evidence', 'the evidence does not say which hardware it is from')
  }
}
