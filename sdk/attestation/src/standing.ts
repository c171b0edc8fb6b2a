/** Where a clock stands in a time of validity. */
export type Standing = 'not-yet' | 'in-force' | 'over'

/** Both ends belong to it (RFC 5280 §4.1.2.5). A clock that is no time is in no validity. */
export function standingAt(now: Date, from: Date, to: Date): Standing {
  const at = now.getTime()
  if (!(at >= from.getTime())) return 'not-yet'
  return at <= to.getTime() ? 'in-force' : 'over'
}
