import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { Endorsements, Evidence, VtpmEvidence } from '@reinraum/attestation'
import { ReinraumError } from '@reinraum/crypto'
import { type Evidence as EvidenceMessage, EvidenceSchema, Tee, type VtpmEvidenceSchema } from '@reinraum/proto'
import { requireValid } from './validation.ts'

/** Evidence as an attester hands it over, with the endorsements that it passes along. */
export interface PresentedEvidence {
  readonly evidence: Evidence
  readonly endorsements: Endorsements
}

/**
 * Evidence in its protobuf form.
 * @throws ReinraumError `malformed-evidence` where a part is larger than a message carries
 */
export function evidenceToMessage({ evidence, endorsements }: PresentedEvidence): EvidenceMessage {
  const { certificates, crls, collateral } = endorsements
  const message = create(EvidenceSchema, {
    ...(evidence.tee === 'snp' ? { tee: Tee.SEV_SNP, report: evidence.report } : { tee: Tee.TDX, report: evidence.quote }),
    ...(evidence.tee === 'tdx' && evidence.eventLog !== undefined ? { eventLog: evidence.eventLog } : {}),
    certificates: [...certificates],
    crls: [...crls],
    ...(collateral === undefined ? {} : { collateral }),
    ...(evidence.vtpm === undefined ? {} : { vtpm: vtpmToMessage(evidence.vtpm) }),
  })
  // The sender is told, rather than that whoever asked is told something about a message that it did not write.
  requireValid(EvidenceSchema, message, 'malformed-evidence')
  return message
}

/**
 * Evidence from its protobuf form. Whether any of it is true is for `appraise` to say.
 * @throws ReinraumError `malformed-evidence` when there is none, when it does not say what hardware it is from, and when it
 * breaks a rule of the .proto file: an answer was held against those by nobody before
 */
export function evidenceFromMessage(message: EvidenceMessage | undefined): PresentedEvidence {
  if (message === undefined) throw new ReinraumError('malformed-evidence', 'the message carries no evidence')
  requireValid(EvidenceSchema, message, 'malformed-evidence')
  return { evidence: evidenceOf(message), endorsements: endorsementsOf(message) }
}

function evidenceOf({ tee, report, eventLog, vtpm }: EvidenceMessage): Evidence {
  const paravisor = vtpm === undefined ? {} : { vtpm: vtpmFromMessage(vtpm) }
  switch (tee) {
    case Tee.SEV_SNP:
      if (eventLog !== undefined) throw new ReinraumError('malformed-evidence', 'SEV-SNP evidence has no event log')
      return { tee: 'snp', report, ...paravisor }
    case Tee.TDX:
      return { tee: 'tdx', quote: report, ...(eventLog === undefined ? {} : { eventLog }), ...paravisor }
    default:
      throw new ReinraumError('malformed-evidence', 'the evidence does not say which hardware it is from')
  }
}

function endorsementsOf({ certificates, crls, collateral }: EvidenceMessage): Endorsements {
  return { certificates, crls, ...(collateral === undefined ? {} : { collateral }) }
}

function vtpmToMessage({ hclReport, message, signature, pcrs }: VtpmEvidence): MessageInitShape<typeof VtpmEvidenceSchema> {
  return { hclReport, message, signature, pcrs: [...pcrs] }
}

function vtpmFromMessage({ hclReport, message, signature, pcrs }: VtpmEvidence): VtpmEvidence {
  return { hclReport, message, signature, pcrs }
}
