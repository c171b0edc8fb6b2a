import type { Slot } from '../analysis/slots.ts'
import { refuse } from '../reasons.ts'

/** Refuses what the rules of the datasets that a query reads refuse whatever the query says of them. */
export function checkRules(read: readonly Slot[]): void {
  for (const { id, rule } of read) {
    // An owner who asks for noise gets noise or no results.
    if (rule.differentialPrivacy !== undefined) {
      refuse('noise-not-available', `the rule of ${id} asks for noise, which no query has yet`)
    }
  }
}
