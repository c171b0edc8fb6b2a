import { ReinraumError } from '@reinraum/crypto'
import { chargeOf, costOfAll, covers, type NoisePlan, type Spending } from '@reinraum/privacy'
import type { Slot } from '@reinraum/statements'

/**
 * What the noise of all plans of a query costs together, added up once more from their columns, is no more than what key services
 * debit for the query: they know what it states, and nothing of its plans.
 * @param plans none where the query gets no noise
 * @throws ReinraumError `guard-refused` where a dataset would go without noise; `privacy-over-maximum` where it costs more
 */
export function requireWithinCharge(plans: readonly NoisePlan[], slots: readonly Slot[], spending: Spending | undefined): void {
  for (const { id, rule } of slots) {
    if (rule.differentialPrivacy === undefined) continue
    if (plans.length === 0 || spending === undefined)
      throw new ReinraumError('guard-refused', `${id} asks for noise and would get none`)
    const priced = chargeOf(rule.differentialPrivacy, spending)
    if (priced.outcome === 'refused' || !covers(rule.differentialPrivacy, priced.charge, costOfAll(plans))) {
      throw new ReinraumError('privacy-over-maximum', `the noise costs ${id} more than the query says it spends`)
    }
  }
}
