import { ReinraumError } from '@reinraum/crypto'
import { keyCustodyOf } from '../key-custody.ts'
import type { Contract } from '../kinds/contract.ts'
import type { Manifest } from '../kinds/manifest.ts'
import type { Query } from '../kinds/query.ts'
import type { Revocation } from '../kinds/revocation.ts'
import type { Run } from '../kinds/run.ts'
import type { Verified } from '../verified.ts'
import type { VerifiedDecision } from '../verify/decision.ts'

/**
 * An approval or a dataset version is revoked by the member it belongs to, as far as the statements at hand tell.
 * Throws `role-missing`.
 */
export function assertRevocationFits(
  revocation: Verified<Revocation>,
  statements: { readonly decisions: readonly VerifiedDecision[]; readonly manifests: readonly Verified<Manifest>[] },
): void {
  const { target, by } = revocation.document
  const targeted =
    target.type === 'approval'
      ? statements.decisions.find((decision) => decision.id === target.approval)
      : target.type === 'datasetVersion'
        ? statements.manifests.find((manifest) => manifest.id === target.manifest)
        : undefined
  if (targeted && targeted.document.by !== by) {
    throw new ReinraumError('role-missing', `${by} revokes a statement that belongs to ${targeted.document.by}`)
  }
}

/**
 * Nothing that this run rests on was revoked: the contract, a dataset version, or a member that takes part. An approval's
 * revocation is weighed with the approvals. Throws `revoked`.
 */
export function assertNotRevoked(
  revocations: readonly Verified<Revocation>[],
  subject: { readonly contract: Contract; readonly query: Query; readonly run: Run },
): void {
  const { run } = subject
  const participants = participantsOf(subject)
  const versions = new Set(Object.values(run.versions))
  for (const { document } of revocations) {
    const { target } = document
    switch (target.type) {
      case 'contract':
        throw new ReinraumError('revoked', `${document.by} revoked the contract`)
      case 'member':
        if (participants.has(target.member)) throw new ReinraumError('revoked', `${document.by} revoked ${target.member}`)
        break
      case 'datasetVersion':
        if (versions.has(target.manifest)) throw new ReinraumError('revoked', `${document.by} revoked a dataset version`)
        break
      case 'approval':
        break
    }
  }
}

/** Whoever asks, reviews, receives, owns, approves or holds keys in this run. */
function participantsOf({ contract, query, run }: { contract: Contract; query: Query; run: Run }): ReadonlySet<string> {
  const slots = contract.slots.filter((slot) => query.slots.includes(slot.id))
  const operators = contract.keyServices.flatMap((service) =>
    service.custody === 'owner' && slots.some((slot) => keyCustodyOf(slot).services.includes(service.id))
      ? [service.operator]
      : [],
  )
  return new Set([
    run.by,
    query.by,
    ...run.recipients,
    ...contract.results.reviewers.map((reviewer) => reviewer.member),
    ...slots.flatMap((slot) => [slot.owner, ...slot.rule.approvals.by]),
    ...operators,
  ])
}
