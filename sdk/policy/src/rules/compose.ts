import { decimalText, leastCommonMultiple, millionthsOf } from './decimal.ts'
import { ordered } from './ordered.ts'
import type { Restrictions, Reviewer } from './restrictions.ts'

/**
 * The restrictions of two datasets together: the strictest of each. It does not matter in which order several are composed, or
 * whether one is twice; the result is the loosest that is no looser than either.
 */
export function compose(a: Restrictions, b: Restrictions): Restrictions {
  return {
    modes: intersection(a.modes, b.modes),
    minimumGroupSize: either(a.minimumGroupSize, b.minimumGroupSize, Math.max),
    maxRows: Math.min(a.maxRows, b.maxRows),
    maxBytes: either(a.maxBytes, b.maxBytes, Math.min),
    complementarySuppression: a.complementarySuppression || b.complementarySuppression,
    complementaryCells: a.complementaryCells || b.complementaryCells,
    differencing: ordered([...a.differencing, ...b.differencing]),
    rounding: either(a.rounding, b.rounding, commonMultiple),
    // what only one owner judged harmless for one dataset is not harmless for the other
    scalarFunctions: intersection(a.scalarFunctions, b.scalarFunctions),
    joins: ordered([...a.joins, ...b.joins]),
    joinOperators: intersection(a.joinOperators, b.joinOperators),
    recipients: either(a.recipients, b.recipients, intersection),
    reviewers: reviewersOfBoth(a.reviewers, b.reviewers),
    accessBudgets: ordered([...a.accessBudgets, ...b.accessBudgets]),
    ledgers: ordered([...a.ledgers, ...b.ledgers]),
  }
}

/** The restrictions of all datasets that a query reads; of at least one. */
export function composeAll(parts: readonly Restrictions[]): Restrictions {
  const [first, ...rest] = parts
  if (first === undefined) throw new Error('a query reads at least one dataset')
  return rest.reduce(compose, first)
}

/** Null restricts nothing. */
function either<T>(a: T | null, b: T | null, both: (a: T, b: T) => T): T | null {
  if (a === null || b === null) return a ?? b
  return both(a, b)
}

/** A number rounded to it tells no finer part than one rounded to either. */
function commonMultiple(a: string, b: string): string {
  return decimalText(leastCommonMultiple(millionthsOf(a), millionthsOf(b)))
}

function intersection<T extends string>(a: readonly T[], b: readonly T[]): readonly T[] {
  return a.filter((value) => b.includes(value))
}

/** Whoever one of them wants to look at results looks at them. */
function reviewersOfBoth(a: readonly Reviewer[], b: readonly Reviewer[]): readonly Reviewer[] {
  const all = [...a, ...b]
  return ordered(all.map((r) => r.member)).map((member) => {
    const inspects = all.some((r) => r.member === member && r.mode === 'inspect')
    return { member, mode: inspects ? 'inspect' : 'approve' }
  })
}
