import type { Restrictions } from '../rules/restrictions.ts'

/**
 * Whether whatever runs and comes out under `a` might under `b` too, said of each part by what it allows and without the code
 * that composes them.
 */
export function isAtLeastAsStrict(a: Restrictions, b: Restrictions): boolean {
  const onlyWhat = <T>(part: (r: Restrictions) => readonly T[]) => part(a).every((x) => part(b).includes(x))
  const allOf = (part: (r: Restrictions) => readonly unknown[]) =>
    part(b).every((y) => part(a).some((x) => JSON.stringify(x) === JSON.stringify(y)))
  return (
    onlyWhat((r) => r.modes) &&
    onlyWhat((r) => r.scalarFunctions) &&
    onlyWhat((r) => r.joinOperators) &&
    allOf((r) => r.joins) &&
    allOf((r) => r.accessBudgets) &&
    allOf((r) => r.ledgers) &&
    allOf((r) => r.differencing) &&
    (a.minimumGroupSize ?? 0) >= (b.minimumGroupSize ?? 0) &&
    a.maxRows <= b.maxRows &&
    (a.maxBytes ?? Number.POSITIVE_INFINITY) <= (b.maxBytes ?? Number.POSITIVE_INFINITY) &&
    (a.complementarySuppression || !b.complementarySuppression) &&
    isMultiple(a.rounding, b.rounding) &&
    isWithin(a.recipients, b.recipients) &&
    b.reviewers.every(({ member, mode }) =>
      a.reviewers.some((r) => r.member === member && (mode === 'approve' || r.mode === 'inspect')),
    )
  )
}

/** Whether all of the people are among the others; null is everybody. */
function isWithin(people: readonly string[] | null, others: readonly string[] | null): boolean {
  return others === null || (people?.every((p) => others.includes(p)) ?? false)
}

/** Whether every multiple of `coarse` is one of `fine`. */
function isMultiple(coarse: string | null, fine: string | null): boolean {
  if (fine === null) return true
  if (coarse === null) return false
  const places = Math.max(...[coarse, fine].map((text) => text.split('.')[1]?.length ?? 0))
  const scaled = (text: string) => BigInt(text.replace('.', '') + '0'.repeat(places - (text.split('.')[1]?.length ?? 0)))
  return scaled(coarse) % scaled(fine) === 0n
}
