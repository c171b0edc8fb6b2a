import { type AttestationResult, executorChallengeBinding, reportDataOf } from '@reinraum/attestation'
import { randomBytes, toBase64url } from '@reinraum/crypto'
import { evidenceFromMessage } from '@reinraum/rpc'
import type { VerifiedContract } from '@reinraum/statements'
import { appraiseAboveFloors } from './floors.ts'
import type { Session } from './session.ts'

/**
 * Asks a running executor for evidence over a fresh nonce and appraises it under the contract's reference values, before
 * anything is contributed. The answer is the whole appraisal, good or bad; a good one raises the floors that the session keeps.
 * @throws ReinraumError `unavailable` when no executor answers, `malformed-evidence`
 */
export async function verifyExecutor(session: Session, contract: VerifiedContract): Promise<AttestationResult> {
  const nonce = randomBytes(32)
  const answer = await session.governance.challengeExecutor({ contractId: contract.id, nonce })
  const shown = evidenceFromMessage(answer.evidence)
  const reportData = reportDataOf(executorChallengeBinding({ contract: contract.id, nonce: toBase64url(nonce) }))
  return appraiseAboveFloors(session, shown, contract.document.executors, reportData)
}
