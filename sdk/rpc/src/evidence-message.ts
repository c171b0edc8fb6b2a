import { create } from '@bufbuild/protobuf'
import type { Endorsements, Evidence } from '@reinraum/attestation'
import { ReinraumError } from '@reinraum/crypto'
import { type Evidence as EvidenceMessage, EvidenceSchema, Tee } from '@reinraum/proto'

/** Evidence as an attester hands it over, with the endorsements that it passes along. */
export interface PresentedEvidence {
  readonly evidence: Evidence
  readonly endorsements: Endorsements
}

/** Evidence in its protobuf form. */
export function evidenceToMessage({ evidence, endorsements }: PresentedEvidence): EvidenceMessage {
  return create(EvidenceSchema, {
    tee: evidence.tee === 'snp' ? Tee.SEV_SNP : Tee.TDX,
    report: evidence.tee === 'snp' ? evidence.report : evidence.quote,
    certificates: [...endorsements.certificates],
    crls: [...endorsements.crls],
  })
}

/**
 * Evidence from its protobuf form. Whether any of it is true is for `appraise` to say.
 * @throws ReinraumError `malformed-evidence` when there is none, or it does not say what hardware it is from
 */
export function evidenceFromMessage(message: EvidenceMessage | undefined): PresentedEvidence {
  if (message === undefined) throw new ReinraumError('malformed-evidence', 'the message carries no evidence')
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
