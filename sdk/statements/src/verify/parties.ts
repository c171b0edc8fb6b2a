import { ReinraumError } from '@reinraum/crypto'
import { isDeepFrozen } from '../deep-freeze.ts'
import type { OpenedStatement } from '../jws.ts'
import type { SigningKeys } from '../parts/public-keys.ts'
import { thumbprint } from '../signer.ts'
import { isSignatureValid, type VerificationKey } from './signature.ts'

/** Someone whose signatures may stand under a statement. */
export type Party = { readonly id: string; readonly signing: SigningKeys }

/**
 * Verifies every signature of a statement, in parallel, and returns the parties that signed with both keys, in the order
 * given. Throws `unknown-member` for a key that belongs to none of them, `signature-invalid`, or `signature-missing` when
 * a party signed with one key only.
 */
export async function signedBy(opened: OpenedStatement | OpenedUnknown, parties: readonly Party[]): Promise<readonly string[]> {
  const keys = await keysOf(parties)
  const found = opened.signatures.map((signature) => {
    const holder = keys.get(signature.kid)
    if (!holder) throw new ReinraumError('unknown-member', 'the statement is signed with a key that belongs to nobody here')
    return { signature, holder }
  })
  const valid = await Promise.all(found.map(({ signature, holder }) => isSignatureValid(opened.payload, signature, holder.key)))
  if (!valid.every(Boolean)) throw new ReinraumError('signature-invalid', 'a signature of the statement is not valid')

  const complete: string[] = []
  for (const { id } of parties) {
    const algorithms = new Set(found.filter(({ holder }) => holder.id === id).map(({ holder }) => holder.key.kty))
    if (algorithms.size === 2) complete.push(id)
    if (algorithms.size === 1) throw new ReinraumError('signature-missing', `${id} signed with one of its two keys only`)
  }
  return complete
}

/**
 * The statement carries the two signatures of this one party and no other. `known` are all parties of the contract, so
 * that a stranger's signature and another party's are told apart.
 */
export async function assertSignedBy(opened: OpenedUnknown, party: Party, known: readonly Party[]): Promise<void> {
  const signers = await signedBy(opened, known)
  if (!signers.includes(party.id)) {
    throw new ReinraumError('signature-missing', `the statement says that it is by ${party.id}, who did not sign it`)
  }
  if (signers.length !== 1)
    throw new ReinraumError('signature-invalid', `the statement is by ${party.id} and signed by others too`)
}

type OpenedUnknown = Pick<OpenedStatement, 'payload' | 'signatures'>
type Holder = { readonly id: string; readonly key: VerificationKey }

/** By list of parties, for those that cannot change any more: the members of a contract that was read. */
const keysOfParties = new WeakMap<readonly Party[], Promise<ReadonlyMap<string, Holder>>>()

function keysOf(parties: readonly Party[]): Promise<ReadonlyMap<string, Holder>> {
  const known = keysOfParties.get(parties)
  if (known !== undefined) return known
  const fresh = findKeys(parties)
  if (isDeepFrozen(parties)) keysOfParties.set(parties, fresh)
  return fresh
}

async function findKeys(parties: readonly Party[]): Promise<ReadonlyMap<string, Holder>> {
  const holders = parties.flatMap(({ id, signing }): Holder[] => [
    { id, key: signing.ed25519 },
    { id, key: signing.mldsa65 },
  ])
  return new Map(await Promise.all(holders.map(async (holder) => [await thumbprint(holder.key), holder] as const)))
}
