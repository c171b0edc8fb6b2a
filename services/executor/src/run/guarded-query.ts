import { ReinraumError } from '@reinraum/crypto'
import { type Guard, type GuardReport, type GuardVerdict, namedNoise, type SlotInput } from '@reinraum/policy'
import type { NoisePlan } from '@reinraum/privacy'
import { type NamedNoise, type VerifiedRun, withRowsStated } from '@reinraum/statements'
import { requireWithinCharge } from './within-charge.ts'

export type AllowedQuery = Extract<GuardVerdict, { readonly verdict: 'allowed' }> & {
  /** as the receipt will name it */
  readonly namedNoise: NamedNoise | null
  /** as the guard was given them */
  readonly slots: readonly SlotInput[]
}

/**
 * The query as the guard rewrites it, under the rules of the datasets that the signed query names.
 * @throws ReinraumError `guard-refused`; `query-mismatch` where it reads other slots; `privacy-over-maximum` where its noise costs
 * more than the query states
 */
export async function guardedQuery(guard: Pick<Guard, 'check'>, verified: VerifiedRun): Promise<AllowedQuery> {
  const { contract, query, run, manifests } = verified
  const declared = contract.document.slots.filter((slot) => query.document.slots.includes(slot.id))
  // With what the owners signed of the very versions that the run reads.
  const slots = declared.map((slot) => withRowsStated(slot, manifests.get(slot.id)?.document))
  const verdict = await guard.check({
    sql: query.document.sql,
    parameters: query.document.parameters,
    values: run.document.parameters,
    slots,
    by: run.document.by,
    privacy: query.document.privacy,
  })
  if (verdict.verdict === 'refused') {
    throw new ReinraumError('guard-refused', verdict.reasons.map((reason) => reason.code).join(', '))
  }
  // Keys are asked for exactly what is read: a query that names more than its SQL needs is refused.
  if (verdict.plan.slots.map(({ id }) => id).join() !== [...query.document.slots].sort().join()) {
    throw new ReinraumError('query-mismatch', 'the query names other slots than its SQL reads')
  }
  const plans = verdict.noise.map(({ plan }) => plan)
  requireWithinCharge(plans, declared, query.document.privacy)
  return { ...verdict, namedNoise: namedNoiseOf(plans, verdict.report), slots }
}

/** Before any key is asked for: what no receipt can tell of does not run. */
function namedNoiseOf(plans: readonly NoisePlan[], { noise }: GuardReport): NamedNoise | null {
  if (noise === null) return null
  const named = namedNoise(plans, noise)
  if (named === null) throw new ReinraumError('guard-refused', 'the query has more noisy columns than a receipt can name')
  return named
}
