import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { executorChallengeBinding, reportDataOf } from '@reinraum/attestation'
import { ReinraumError, toBase64url } from '@reinraum/crypto'
import { EvidenceRequestedSchema, EvidenceSchema } from '@reinraum/proto'
import { evidenceToMessage } from '@reinraum/rpc'
import type { Executor } from './executor.ts'

/** Fresh evidence over a member's nonce. It releases nothing: key services accept another binding only. */
export async function answerChallenge({ attester }: Pick<Executor, 'attester'>, body: Uint8Array): Promise<Uint8Array> {
  const { contractId, nonce } = fromBinary(EvidenceRequestedSchema, body)
  if (nonce.length !== 32) throw new ReinraumError('invalid-argument', 'a nonce is 32 bytes')
  const evidence = await attester.getEvidence(
    reportDataOf(executorChallengeBinding({ contract: contractId, nonce: toBase64url(nonce) })),
  )
  return toBinary(EvidenceSchema, evidenceToMessage(evidence))
}
