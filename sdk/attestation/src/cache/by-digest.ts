import { sha256, toHex } from '@reinraum/crypto'
import { LRUCache } from 'lru-cache'

/**
 * Remembers what bytes were read as, under their SHA-256. Reading is a pure function of the bytes, so a later appraisal of
 * the same certificate, list or collateral finds what the first one read; nothing that depends on the clock, on reference
 * values or on who asks may be kept here.
 *
 * @param read may throw: then the bytes are nothing that it reads
 * @param limits `each`: bytes of one input, longer ones are not read at all; `all`: bytes of inputs that are remembered
 */
export function byDigest<T extends object>(
  read: (bytes: Uint8Array<ArrayBuffer>) => T,
  limits: { readonly each: number; readonly all: number },
): (bytes: Uint8Array) => T | null {
  const known = new LRUCache<string, T>({ maxSize: limits.all })
  return (input) => {
    if (input.length > limits.each) return null
    // Of a copy, so that what is hashed is what is read.
    const bytes = Uint8Array.from(input)
    const key = toHex(sha256(bytes))
    const found = known.get(key)
    if (found !== undefined) return found
    try {
      const value = read(bytes)
      known.set(key, value, { size: Math.max(1, bytes.length) })
      return value
    } catch {
      // What cannot be read is read again each time: junk pushes nothing out.
      return null
    }
  }
}

/**
 * Remembers which signatures hold. Only those that do: whether one verifies is a fact about key and bytes, whoever asks.
 *
 * @param maximum how many are remembered
 */
export function rememberHolding(maximum: number): (key: string, verify: () => boolean) => boolean {
  const holding = new LRUCache<string, true>({ max: maximum })
  return (key, verify) => {
    if (holding.get(key) === true) return true
    const holds = verify()
    if (holds) holding.set(key, true)
    return holds
  }
}
