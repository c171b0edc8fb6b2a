import { ReinraumError } from '@reinraum/crypto'
import type { Slot } from '../kinds/contract.ts'
import type { Approval, Rejection } from '../kinds/decision.ts'
import { asVerified, type Verified, type VerifiedContract } from '../verified.ts'
import { assertContractInForce } from './contract.ts'
import { openMemberStatement } from './member-statement.ts'
import { stateAt } from './validity.ts'

export type VerifiedDecision = Verified<Approval> | Verified<Rejection>

/**
 * Verifies an approval or a rejection of its own: signed by an owner or an approver, about slots that it may speak for,
 * and not over yet. An approval that begins later is accepted here and counts once it begins.
 * Throws `approval-expired`, `role-missing`, and the common codes.
 */
export async function verifyDecision(bytes: Uint8Array, contract: VerifiedContract, now: Date): Promise<VerifiedDecision> {
  assertContractInForce(contract, now)
  const decision = await verifyDecisionAtAnyTime(bytes, contract)
  if (isApproval(decision) && stateAt(decision.document.validity, now) === 'over') {
    throw new ReinraumError('approval-expired', `the approval was valid until ${decision.document.validity.notAfter}`)
  }
  return decision
}

/** As `verifyDecision`, where an approval that is over may stand beside one that is not: a bundle, or a list for people. */
export async function verifyDecisionAtAnyTime(bytes: Uint8Array, contract: VerifiedContract): Promise<VerifiedDecision> {
  const { opened, member } = await openMemberStatement(bytes, contract, 'reinraum/approval/v1', 'reinraum/rejection/v1')
  const decision = asVerified(opened) as VerifiedDecision
  const own = contract.document.slots.filter((slot) => decidesAbout(slot, member.id)).map((slot) => slot.id)
  if (own.length === 0) throw new ReinraumError('role-missing', `${member.id} neither owns a slot nor approves queries on one`)
  if (isApproval(decision) && !Object.keys(decision.document.versions).every((slot) => own.includes(slot))) {
    throw new ReinraumError('role-missing', `${member.id} approves versions of a slot that it does not decide about`)
  }
  return decision
}

export function isApproval(decision: VerifiedDecision): decision is Verified<Approval> {
  return decision.document.kind === 'reinraum/approval/v1'
}

/** The slot's owner, always, and the approvers that its rule names. */
export function decidesAbout(slot: Slot, member: string): boolean {
  return slot.owner === member || slot.rule.approvals.by.includes(member)
}
