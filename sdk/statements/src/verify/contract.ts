import { ReinraumError } from '@reinraum/crypto'
import { deepFreeze, isDeepFrozen } from '../deep-freeze.ts'
import { openStatement } from '../jws.ts'
import type { Contract } from '../kinds/contract.ts'
import { asVerified, expectKind, type VerifiedContract } from '../verified.ts'
import { type Party, signedBy } from './parties.ts'
import { assertInForce, stateAt } from './validity.ts'

/**
 * Verifies a contract: its form and inner references, every signature under it, every member's acceptance, its validity.
 * With `complete: false` it may lack acceptances and may begin later, as while it is being signed; what it must not have
 * is an invalid signature, a stranger's or half of a member's. Throws `contract-incomplete`, `expired`, `not-yet-valid`,
 * `signature-invalid`, `signature-missing`, `unknown-member`, and what `readDocument` throws.
 */
export async function verifyContract(
  bytes: Uint8Array,
  options: { readonly now: Date; readonly complete?: boolean },
): Promise<VerifiedContract> {
  const opened = expectKind(openStatement(bytes), 'reinraum/contract/v1')
  const contract = opened.document
  const acceptedBy = await signedBy(opened, membersAsParties(contract))
  if (options.complete ?? true) {
    if (acceptedBy.length !== contract.members.length) {
      throw new ReinraumError('contract-incomplete', 'not every member accepted the contract')
    }
    assertInForce('contract', contract.validity, options.now)
  } else if (stateAt(contract.validity, options.now) === 'over') {
    throw new ReinraumError('expired', `the contract was valid until ${contract.validity.notAfter}`)
  }
  return Object.freeze({ ...asVerified(opened), acceptedBy: Object.freeze([...acceptedBy]) })
}

/** A statement under a contract counts only while the contract is in force. */
export function assertContractInForce(contract: VerifiedContract, now: Date): void {
  if (contract.acceptedBy.length !== contract.document.members.length) {
    throw new ReinraumError('contract-incomplete', 'not every member accepted the contract')
  }
  assertInForce('contract', contract.document.validity, now)
}

/** By contract, for those that cannot change any more: one list, so that what is known about its keys is found again. */
const partiesOfContract = new WeakMap<Contract, readonly Party[]>()

export function membersAsParties(contract: Contract): readonly Party[] {
  const known = partiesOfContract.get(contract)
  if (known !== undefined) return known
  const parties = contract.members.map((member) => ({ id: member.id, signing: member.keys.signing }))
  if (isDeepFrozen(contract.members)) partiesOfContract.set(contract, deepFreeze(parties))
  return parties
}
