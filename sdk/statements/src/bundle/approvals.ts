import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import type { Contract, Slot } from '../kinds/contract.ts'
import type { Approval } from '../kinds/decision.ts'
import type { Query } from '../kinds/query.ts'
import type { Revocation } from '../kinds/revocation.ts'
import type { Run } from '../kinds/run.ts'
import { needsApproval } from '../parts/analysis-rule.ts'
import type { Verified } from '../verified.ts'
import { decidesAbout, isApproval, type VerifiedDecision } from '../verify/decision.ts'
import { stateAt } from '../verify/validity.ts'

type Subject = {
  readonly contract: Contract
  readonly query: Verified<Query>
  readonly run: Run
  readonly decisions: readonly VerifiedDecision[]
  readonly revocations: readonly Verified<Revocation>[]
  readonly now: Date
}

/**
 * The approvals that the run rests on, each once. A slot whose rule leaves queries to the guard inside the enclave
 * needs none. A rejection by the owner or an approver of any slot refuses, whatever was approved.
 * Throws `query-rejected`, `approval-missing`, `approval-expired`, `approval-revoked`, `not-yet-valid` or
 * `dataset-version-not-allowed`.
 */
export function countingApprovals(subject: Subject): readonly Verified<Approval>[] {
  const { contract, query, decisions } = subject
  const slots = contract.slots.filter((slot) => query.document.slots.includes(slot.id))
  for (const decision of decisions) {
    if (isApproval(decision)) continue
    if (slots.some((slot) => decidesAbout(slot, decision.document.by))) {
      throw new ReinraumError('query-rejected', `${decision.document.by} rejected the query`)
    }
  }
  const counting = new Map<string, Verified<Approval>>()
  for (const slot of slots) {
    if (!needsApproval(slot.rule)) continue
    for (const approval of approvalsOfSlot(slot, subject)) counting.set(approval.id, approval)
  }
  return [...counting.values()]
}

/** As many as the rule's threshold, in the order in which it names the approvers. */
function approvalsOfSlot(slot: Slot, subject: Subject): readonly Verified<Approval>[] {
  const { by, threshold } = slot.rule.approvals
  const needed = threshold === 'all' ? by.length : threshold
  const found: Verified<Approval>[] = []
  let missing: ErrorCode = 'approval-missing'
  for (const approver of by) {
    // The newest first, so that an approval that was renewed counts before the one whose runs are used up.
    const given = subject.decisions
      .filter(isApproval)
      .filter((approval) => approval.document.by === approver)
      .toSorted(newestFirst)
    const faults = given.map((approval) => faultOf(approval, slot, subject))
    const good = given[faults.indexOf(undefined)]
    if (good) found.push(good)
    else if (missing === 'approval-missing') missing = faults[0] ?? missing
  }
  if (found.length < needed) throw new ReinraumError(missing, `slot ${slot.id} lacks ${needed - found.length} approval(s)`)
  return found.slice(0, needed)
}

/** Why an approval does not count for the slot; undefined when it does. */
function faultOf(approval: Verified<Approval>, slot: Slot, subject: Subject): ErrorCode | undefined {
  const { document } = approval
  const revoked = subject.revocations.some(
    (r) => r.document.target.type === 'approval' && r.document.target.approval === approval.id,
  )
  if (revoked) return 'approval-revoked'
  const state = stateAt(document.validity, subject.now)
  if (state === 'over') return 'approval-expired'
  if (state === 'early') return 'not-yet-valid'
  const versions = Object.hasOwn(document.versions, slot.id) ? (document.versions[slot.id] ?? []) : []
  const wanted = subject.run.versions[slot.id]
  return wanted !== undefined && versions.includes(wanted) ? undefined : 'dataset-version-not-allowed'
}

function newestFirst(a: Verified<Approval>, b: Verified<Approval>): number {
  const [x, y] = [`${a.document.createdAt} ${a.id}`, `${b.document.createdAt} ${b.id}`]
  return x < y ? 1 : x > y ? -1 : 0
}
