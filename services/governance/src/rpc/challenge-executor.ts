import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ReinraumError } from '@reinraum/crypto'
import { evidenceRequestSubject } from '@reinraum/kit'
import { type ChallengeExecutorRequest, EvidenceRequestedSchema, EvidenceSchema } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { contractOfCaller, type Governance } from '../governance.ts'

const answerWithinMs = 5_000

/** Passes a member's nonce to the executors and the first one's evidence back. Judging it is the member's. */
export async function challengeExecutor(governance: Governance, request: ChallengeExecutorRequest, context: RpcContext) {
  const { contract } = await contractOfCaller(governance, context, request.contractId, { complete: false })
  const challenge = create(EvidenceRequestedSchema, { contractId: contract.id, nonce: request.nonce })
  const answer = await governance.bus.request(evidenceRequestSubject, toBinary(EvidenceRequestedSchema, challenge), {
    timeoutMs: answerWithinMs,
  })
  try {
    return { evidence: fromBinary(EvidenceSchema, answer) }
  } catch (cause) {
    throw new ReinraumError('malformed-evidence', 'an executor answered with something else than evidence', { cause })
  }
}
