import { ReinraumError } from '@reinraum/crypto'
import type { Run } from '../kinds/run.ts'
import { asVerified, type Verified, type VerifiedContract } from '../verified.ts'
import { assertContractInForce } from './contract.ts'
import { openStatementOf } from './member-statement.ts'
import { assertInForce } from './validity.ts'

/**
 * Verifies a run of its own: signed by an analyst, in force, for recipients that the contract names. What needs the query,
 * the approvals and the manifests is checked by `verifyRunBundle`.
 * Throws `role-missing`, `recipient-not-allowed`, `expired`, `not-yet-valid`, and the common codes.
 */
export async function verifyRun(bytes: Uint8Array, contract: VerifiedContract, now: Date): Promise<Verified<Run>> {
  assertContractInForce(contract, now)
  const opened = await openStatementOf('analyst', bytes, contract, 'reinraum/run/v1')
  const run = opened.document
  assertInForce('run', run.validity, now)
  if (new Set(run.recipients).size !== run.recipients.length) {
    throw new ReinraumError('invalid-statement', 'the run names a recipient twice')
  }
  for (const recipient of run.recipients) {
    if (!contract.document.results.recipients.includes(recipient)) {
      throw new ReinraumError('recipient-not-allowed', `the contract does not let ${recipient} receive results`)
    }
  }
  return asVerified(opened)
}
