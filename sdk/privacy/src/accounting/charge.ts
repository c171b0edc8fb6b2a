/** Losses add up as ε, or as ρ of zero-concentrated differential privacy (zCDP). */
export type Accounting = 'basic' | 'zcdp'

/**
 * What a ledger counts, in safe integers: a charge, the sum of charges, or the budget that they are taken from. Under basic
 * composition `epsilon` counts millionths of ε; under zCDP it counts billionths of ρ, and the whole is a δ-approximate ρ-zCDP
 * (Bun and Steinke 2016, section 8). `delta` counts 10⁻¹⁵. A ledger says which accounting is its own, and never changes it.
 *
 * What a release costs is rounded up before it becomes a charge, and what a charge buys is rounded down.
 */
export interface Charge {
  readonly epsilon: number
  readonly delta: number
}

export const nothing: Charge = { epsilon: 0, delta: 0 }

/**
 * What both together cost, whichever came first and whatever the second was chosen by: (ε, δ) add up (Dwork and Roth 2014,
 * Theorem 3.16; as a limit set in advance on losses chosen adaptively: Rogers, Roth, Ullman, Vadhan 2016), and so
 * do (ρ, δ) (Bun and Steinke 2016, section 8; as such a limit: Whitehouse, Ramdas, Rogers, Wu 2023).
 * @throws RangeError if an amount or a sum is no safe integer from 0
 */
export function compose(a: Charge, b: Charge): Charge {
  return combine(a, b, (x, y) => x + y)
}

/** `a` without `b`, and nothing where `b` is more. @throws RangeError as `compose` */
export function without(a: Charge, b: Charge): Charge {
  return combine(a, b, (x, y) => Math.max(0, x - y))
}

/** Whether `charge` is within `limit`, loss and δ alike. What is no amount never is. */
export function within(charge: Charge, limit: Charge): boolean {
  return isCount(charge) && isCount(limit) && charge.epsilon <= limit.epsilon && charge.delta <= limit.delta
}

function combine(a: Charge, b: Charge, of: (x: number, y: number) => number): Charge {
  const result = { epsilon: of(a.epsilon, b.epsilon), delta: of(a.delta, b.delta) }
  if (![a, b, result].every(isCount)) throw new RangeError('a charge counts in safe integers from 0')
  return result
}

function isCount({ epsilon, delta }: Charge): boolean {
  return [epsilon, delta].every((n) => Number.isSafeInteger(n) && n >= 0)
}
