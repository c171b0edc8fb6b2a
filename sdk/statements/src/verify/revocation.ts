import { ReinraumError } from '@reinraum/crypto'
import type { Revocation } from '../kinds/revocation.ts'
import { requireRole } from '../members.ts'
import { asVerified, type Verified, type VerifiedContract } from '../verified.ts'
import { decidesAbout } from './decision.ts'
import { openMemberStatement } from './member-statement.ts'

/**
 * Verifies a revocation: signed by an owner; an approval may also be revoked by an approver without that role. It is
 * effective at once and for good, whatever the time, so neither the contract's validity nor its missing acceptances hold
 * it up. Whether the approval or the dataset version belongs to the one who revokes it is checked where both are at hand,
 * in `verifyRunBundle` and `assertRevocationFits`. Throws `role-missing`, `unknown-member`, and the common codes.
 */
export async function verifyRevocation(bytes: Uint8Array, contract: VerifiedContract, now: Date): Promise<Verified<Revocation>> {
  if (!Number.isFinite(now.getTime())) throw new ReinraumError('invalid-argument', 'the time of verification is not a time')
  const { opened, member } = await openMemberStatement(bytes, contract, 'reinraum/revocation/v1')
  const { target } = opened.document
  const approver = contract.document.slots.some((slot) => decidesAbout(slot, member.id))
  if (target.type !== 'approval' || !approver) requireRole(member, 'owner')
  if (target.type === 'member' && !contract.document.members.some((m) => m.id === target.member)) {
    throw new ReinraumError('unknown-member', `${target.member} is no member of the contract`)
  }
  return asVerified(opened)
}
