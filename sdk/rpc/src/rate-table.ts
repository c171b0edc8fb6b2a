import { ReinraumError } from '@reinraum/crypto'
import type { Rate } from './limits.ts'

export interface RateTable {
  /** Takes one call from the key's bucket; false when it is empty. */
  take(key: string): boolean
  /** Whether the key's bucket holds a call, without taking it. */
  allows(key: string): boolean
  /** Whether the key has a bucket: it has called, not too long ago. */
  knows(key: string): boolean
  /** Buckets held, at most `capacity`. */
  readonly size: number
}

interface Bucket {
  calls: number
  /** ms of the monotonic clock at which `calls` was right */
  at: number
}

/**
 * A token bucket per key, in constant time and bounded memory. Two generations stand for "least recently used": when the
 * young one is full it becomes the old one, and whoever is only in the one before that is forgotten. A forgotten key
 * starts with a full bucket, so what makes room must itself be limited: see `anonymous` in limits.ts.
 * @param elapsedMs monotonic: a clock that is set back must not lock anyone out, nor one set forward open the gate
 * @throws ReinraumError `invalid-argument` for a rate that lets nothing through or is no number
 */
export function createRateTable({ burst, perSecond }: Rate, capacity: number, elapsedMs: () => number): RateTable {
  if (!(burst >= 1 && Number.isFinite(burst)) || !(perSecond > 0 && Number.isFinite(perSecond)) || !(capacity >= 2)) {
    throw new ReinraumError('invalid-argument', 'a rate needs a burst of at least 1 and a positive number per second')
  }
  const generation = Math.floor(capacity / 2)
  let young = new Map<string, Bucket>()
  let old = new Map<string, Bucket>()

  const held = (key: string): Bucket | undefined => young.get(key) ?? old.get(key)

  function filled(bucket: Bucket | undefined, now: number): number {
    return bucket === undefined ? burst : Math.min(burst, bucket.calls + ((now - bucket.at) * perSecond) / 1000)
  }

  function keep(key: string, bucket: Bucket): void {
    if (young.has(key)) return
    if (young.size >= generation) {
      old = young
      young = new Map()
    }
    young.set(key, bucket)
    old.delete(key)
  }

  return {
    get size() {
      return young.size + old.size
    },
    take(key) {
      const now = elapsedMs()
      const bucket = held(key) ?? { calls: burst, at: now }
      const calls = filled(bucket, now)
      const allowed = calls >= 1
      bucket.calls = allowed ? calls - 1 : calls
      bucket.at = now
      keep(key, bucket)
      return allowed
    },
    allows: (key) => filled(held(key), elapsedMs()) >= 1,
    knows: (key) => held(key) !== undefined,
  }
}
