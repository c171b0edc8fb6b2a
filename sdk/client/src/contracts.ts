import { canonicalize, ReinraumError } from '@reinraum/crypto'
import {
  type Contract,
  type Member,
  memberByKey,
  signStatement,
  type VerifiedContract,
  verifyContract,
} from '@reinraum/statements'
import type { Session } from './session.ts'

export interface ContractState {
  readonly contractId: string
  readonly acceptedBy: readonly string[]
  /** every member has signed */
  readonly inForce: boolean
}

/** Signs a contract as one of its members and puts it before the others. */
export async function proposeContract(session: Session, contract: Contract): Promise<ContractState> {
  const bytes = await signStatement(contract, session.signer)
  const verified = await verifyContract(bytes, { now: session.now(), complete: false })
  memberOf(session, verified)
  const { acceptedBy, inForce } = await session.governance.proposeContract({ contract: bytes })
  return { contractId: verified.id, acceptedBy, inForce }
}

/**
 * Fetches a contract and checks it: its id, every signature, its own consistency.
 * @param options.complete whether every member must have signed (default) or the contract may still be open
 * @throws ReinraumError `contract-mismatch` when the service answers with another contract
 */
export async function getContract(
  session: Session,
  contractId: string,
  options: { readonly complete?: boolean } = {},
): Promise<VerifiedContract> {
  const { contract } = await session.governance.getContract({ contractId })
  const verified = await verifyContract(contract, { now: session.now(), complete: options.complete ?? true })
  if (verified.id !== contractId) throw new ReinraumError('contract-mismatch', 'the service answered with another contract')
  return verified
}

/** Adds this party's signatures to exactly the contract with that id. */
export async function acceptContract(session: Session, contractId: string): Promise<ContractState> {
  const verified = await getContract(session, contractId, { complete: false })
  memberOf(session, verified)
  const contract = await signStatement(verified.document, session.signer)
  const { acceptedBy, inForce } = await session.governance.acceptContract({ contract })
  return { contractId, acceptedBy, inForce }
}

/**
 * Which member of the contract this session's identity is. Every key counts: a signature proves the signing keys only, and
 * results and reviews are sealed to the third, which whoever proposed the contract wrote down.
 * @throws ReinraumError `unknown-member`, `key-mismatch` when the contract names this member with another key
 */
export function memberOf(session: Pick<Session, 'keys'>, contract: VerifiedContract): Member {
  const member = memberByKey(contract, session.keys.signing.ed25519)
  if (member === undefined) throw new ReinraumError('unknown-member', 'this identity is no member of the contract')
  if (canonicalize(member.keys) !== canonicalize(session.keys))
    throw new ReinraumError('key-mismatch', `the contract names ${member.id} with a key that is not in this identity`)
  return member
}
