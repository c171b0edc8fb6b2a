/** Losses add up as ε, or as ρ of zero-concentrated differential privacy (zCDP). */
export type Accounting = 'basic' | 'zcdp'

/** An (ε, δ): `epsilon` counts millionths of ε, `delta` counts 10⁻¹⁵. */
export interface BasicCharge {
  readonly accounting: 'basic'
  readonly epsilon: number
  readonly delta: number
}

/** A δ-approximate ρ-zCDP (Bun and Steinke 2016, Definition 8.1): `rho` counts billionths of ρ, `delta` counts 10⁻¹⁵. */
export interface ZcdpCharge {
  readonly accounting: 'zcdp'
  readonly rho: number
  readonly delta: number
}

/**
 * What a ledger counts, in safe integers: a charge, the sum of charges, or the budget that they are taken from. What a
 * release costs is rounded up before it becomes a charge, and what a charge buys is rounded down.
 */
export type Charge = BasicCharge | ZcdpCharge

export function nothing(accounting: Accounting): Charge {
  return accounting === 'basic' ? { accounting, epsilon: 0, delta: 0 } : { accounting, rho: 0, delta: 0 }
}

/** The loss alone: millionths of ε, or billionths of ρ. */
export function lossOf(charge: Charge): number {
  return charge.accounting === 'basic' ? charge.epsilon : charge.rho
}

/**
 * What both together cost, whichever came first and whatever the second was chosen by: (ε, δ) add up (Dwork and Roth 2014,
 * Theorem 3.16; as a limit set in advance on losses chosen adaptively, Rogers, Roth, Ullman, Vadhan 2016, Theorem 3.6), and so
 * do (ρ, δ) (Bun and Steinke 2016, Lemma 8.2; as such a limit, Whitehouse, Ramdas, Rogers, Wu 2023, Theorem 1).
 * @throws RangeError if their accounting differs, or a sum is no safe integer
 */
export function compose(a: Charge, b: Charge): Charge {
  return combine(a, b, (x, y) => x + y)
}

/** `a` without `b`, and nothing where `b` is more. @throws RangeError as `compose` */
export function without(a: Charge, b: Charge): Charge {
  return combine(a, b, (x, y) => Math.max(0, x - y))
}

/** Whether `charge` is within `limit`, loss and δ alike. A charge of another accounting never is. */
export function within(charge: Charge, limit: Charge): boolean {
  if (charge.accounting !== limit.accounting) return false
  return isCount(charge) && isCount(limit) && lossOf(charge) <= lossOf(limit) && charge.delta <= limit.delta
}

function combine(a: Charge, b: Charge, of: (x: number, y: number) => number): Charge {
  const delta = of(a.delta, b.delta)
  const result: Charge | null =
    a.accounting === 'basic' && b.accounting === 'basic'
      ? { accounting: 'basic', epsilon: of(a.epsilon, b.epsilon), delta }
      : a.accounting === 'zcdp' && b.accounting === 'zcdp'
        ? { accounting: 'zcdp', rho: of(a.rho, b.rho), delta }
        : null
  if (result === null) throw new RangeError('losses of one accounting do not add to those of another')
  if (!isCount(a) || !isCount(b) || !isCount(result)) throw new RangeError('a charge counts in safe integers from 0')
  return result
}

function isCount(charge: Charge): boolean {
  return [lossOf(charge), charge.delta].every((n) => Number.isSafeInteger(n) && n >= 0)
}
