import { ReinraumError } from '@reinraum/crypto'
import type { Contract, Member, Role } from './kinds/contract.ts'
import type { Ed25519Jwk } from './parts/public-keys.ts'

/** The member that holds the Ed25519 key, as a request token names it. */
export function memberByKey(contract: { readonly document: Contract }, key: Ed25519Jwk): Member | undefined {
  return contract.document.members.find((member) => member.keys.signing.ed25519.x === key.x)
}

/** Throws `role-missing`. */
export function requireRole(member: Member, role: Role): void {
  if (!member.roles.includes(role)) throw new ReinraumError('role-missing', `${member.id} does not have the role ${role}`)
}
