import { ReinraumError } from '@reinraum/crypto'
import { chargeOf, costOf, covers, type NoisePlan, rational, type Spending } from '@reinraum/privacy'
import type { Slot } from '@reinraum/statements'

/**
 * What the noise of a plan costs, added up once more from its columns, is no more than what key services debit for the query:
 * they know what it states, and nothing of its plan.
 * @param plan null where the query gets no noise
 * @throws ReinraumError `guard-refused` where a dataset would go without noise; `privacy-over-maximum` where it costs more
 */
export function requireWithinCharge(plan: NoisePlan | null, slots: readonly Slot[], spending: Spending | undefined): void {
  for (const { id, rule } of slots) {
    if (rule.differentialPrivacy === undefined) continue
    if (plan === null || spending === undefined)
      throw new ReinraumError('guard-refused', `${id} asks for noise and would get none`)
    const priced = chargeOf(rule.differentialPrivacy, spending)
    const cost = { ...costOf(plan.columns), delta: plan.threshold?.tau?.delta ?? rational(0) }
    if (priced.outcome === 'refused' || !covers(rule.differentialPrivacy, priced.charge, cost)) {
      throw new ReinraumError('privacy-over-maximum', `the noise costs ${id} more than the query says it spends`)
    }
  }
}
