import { ReinraumError } from '@reinraum/crypto'
import { assertPrivacy } from '../consistency/privacy.ts'
import type { Query } from '../kinds/query.ts'
import { asVerified, type Verified, type VerifiedContract } from '../verified.ts'
import { assertContractInForce } from './contract.ts'
import { openStatementOf } from './member-statement.ts'

/**
 * Verifies a query: signed by an analyst, over slots of the contract, spending no more ε and δ than their rules let one query.
 * What its SQL does is for the guard to say.
 * Throws `role-missing`, `invalid-statement` for a slot that does not exist, `privacy-missing`, `privacy-over-maximum`, and the
 * common codes.
 */
export async function verifyQuery(bytes: Uint8Array, contract: VerifiedContract, now: Date): Promise<Verified<Query>> {
  assertContractInForce(contract, now)
  const opened = await openStatementOf('analyst', bytes, contract, 'reinraum/query/v1')
  for (const slot of opened.document.slots) {
    if (!contract.document.slots.some((s) => s.id === slot)) {
      throw new ReinraumError('invalid-statement', `the contract has no slot ${slot}`)
    }
  }
  assertPrivacy(opened.document, contract.document)
  return asVerified(opened)
}
