/** What is remembered of a nonce that was given out. Times are milliseconds since 1970 on the clock of whoever gave it out. */
export interface NonceRecord {
  /** what the nonce was given out for */
  readonly purpose: string
  readonly issuedAt: number
  readonly used: boolean
}

export type NonceVerdict = 'fresh' | 'unknown' | 'used' | 'expired'

/**
 * What becomes of a nonce that somebody shows. Whatever it is, a nonce that was given out is used up by it: see to that before
 * anything else is looked at.
 */
export function judgeNonce(
  record: NonceRecord | undefined,
  shown: { readonly purpose: string; readonly now: number; readonly lifetimeMs: number },
): NonceVerdict {
  if (record === undefined) return 'unknown'
  if (record.used) return 'used'
  // It was given out, but for something else: to whoever shows it here it is none of ours.
  if (record.purpose !== shown.purpose) return 'unknown'
  const age = shown.now - record.issuedAt
  // A negative age means that the clock was set back: how old the nonce is cannot be known. Nor at a time that is none.
  return age >= 0 && age < shown.lifetimeMs ? 'fresh' : 'expired'
}
