import { ReinraumError } from '@reinraum/crypto'

export interface ReplayCache {
  /** @throws ReinraumError `unauthenticated` when the token was seen before, `resource-exhausted` when no more can be remembered */
  admit(id: string, expiresAt: Date, now: Date): void
  readonly size: number
}

/** Remembers every token until it expires. Full means refusing: forgetting one early would let it be used again. */
export function createReplayCache(capacity: number): ReplayCache {
  const expiries = new Map<string, number>()
  let sweptAt = Number.NEGATIVE_INFINITY
  return {
    get size() {
      return expiries.size
    },
    admit(id, expiresAt, now) {
      const time = now.getTime()
      // Also when full not at each call: looking through all of it for each refusal would be the flood's best tool.
      if (Math.abs(time - sweptAt) >= (expiries.size >= capacity ? 1_000 : 10_000)) {
        for (const [known, expiry] of expiries) if (expiry <= time) expiries.delete(known)
        sweptAt = time
      }
      if (expiries.has(id)) throw new ReinraumError('unauthenticated', 'this request token was used before')
      if (expiries.size >= capacity) throw new ReinraumError('resource-exhausted', 'too many requests')
      expiries.set(id, expiresAt.getTime())
    },
  }
}
