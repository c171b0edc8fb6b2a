import { create } from '@bufbuild/protobuf'
import type { Endorsements, Evidence } from '@reinraum/attestation'
import { type Evidence as EvidenceMessage, EvidenceSchema, Tee } from '@reinraum/proto'

/** Evidence and its endorsements in their protobuf form. */
export function evidenceMessage({ evidence, endorsements }: { evidence: Evidence; endorsements: Endorsements }): EvidenceMessage {
  return create(EvidenceSchema, {
    tee: evidence.tee === 'snp' ? Tee.SEV_SNP : Tee.TDX,
    report: evidence.tee === 'snp' ? evidence.report : evidence.quote,
    certificates: [...endorsements.certificates],
    crls: [...endorsements.crls],
  })
}
