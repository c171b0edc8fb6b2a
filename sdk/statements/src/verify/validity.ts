import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import type { Validity } from '../parts/identifiers.ts'

/** In force from notBefore to notAfter, both included (as in X.509, RFC 5280 §4.1.2.5). */
export function stateAt(validity: Validity, now: Date): 'early' | 'in-force' | 'over' {
  const time = now.getTime()
  // An invalid date compares false with everything, which must not read as "in force".
  if (!Number.isFinite(time)) throw new ReinraumError('invalid-argument', 'the time of verification is not a time')
  if (time < Date.parse(validity.notBefore)) return 'early'
  return time <= Date.parse(validity.notAfter) ? 'in-force' : 'over'
}

/** Throws `not-yet-valid`, or `expired` unless another code says it better. */
export function assertInForce(what: string, validity: Validity, now: Date, expired: ErrorCode = 'expired'): void {
  const state = stateAt(validity, now)
  if (state === 'early') throw new ReinraumError('not-yet-valid', `the ${what} is valid from ${validity.notBefore}`)
  if (state === 'over') throw new ReinraumError(expired, `the ${what} was valid until ${validity.notAfter}`)
}
