import { ReinraumError } from '@reinraum/crypto'

export interface ReplayCache {
  /**
   * @param group whom the token came from, as far as that cannot be made up: its address
   * @throws ReinraumError `unauthenticated` when the token was seen before, `resource-exhausted` when no more can be remembered
   */
  admit(id: string, expiresAt: Date, now: Date, group: string): void
  readonly size: number
}

interface Remembered {
  readonly expiry: number
  readonly group: string
}

/**
 * Remembers every token until it expires. Full means refusing: forgetting one early would let it be used again. Keys cost
 * nothing, so one caller could fill it with tokens of many: a group takes up no more than is left free, half of all when it is
 * alone, and the room that is left halves only with each further group that floods (Choudhury and Hahne 1998, α = 1).
 */
export function createReplayCache(capacity: number): ReplayCache {
  const tokens = new Map<string, Remembered>()
  const held = new Map<string, number>()
  let sweptAt = Number.NEGATIVE_INFINITY

  function forget(id: string, group: string): void {
    tokens.delete(id)
    const left = (held.get(group) ?? 1) - 1
    if (left > 0) held.set(group, left)
    else held.delete(group)
  }

  return {
    get size() {
      return tokens.size
    },
    admit(id, expiresAt, now, group) {
      const time = now.getTime()
      const own = held.get(group) ?? 0
      const refused = own >= capacity - tokens.size
      // Also when there is no room not at each call: looking through all of it for each refusal would be the flood's best tool.
      if (Math.abs(time - sweptAt) >= (refused ? 1_000 : 10_000)) {
        for (const [known, { expiry, group: whose }] of tokens) if (expiry <= time) forget(known, whose)
        sweptAt = time
      }
      if (tokens.has(id)) throw new ReinraumError('unauthenticated', 'this request token was used before')
      const mine = held.get(group) ?? 0
      if (mine >= capacity - tokens.size) throw new ReinraumError('resource-exhausted', 'too many requests')
      tokens.set(id, { expiry: expiresAt.getTime(), group })
      held.set(group, mine + 1)
    },
  }
}
