import { hash } from 'node:crypto'
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
    // Negated, so that what has no length is not read either.
    if (!(input.length <= limits.each)) return null
    const found = known.get(hash('sha256', input))
    if (found !== undefined) return found
    // A copy, so that what is read is what it is remembered as, whatever becomes of the caller's bytes meanwhile.
    const bytes = new Uint8Array(input)
    const key = hash('sha256', bytes)
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
 * Remembers which signatures hold, as long as what was verified is remembered itself. Only those that do: whether one
 * verifies is a fact about key and bytes, whoever asks.
 *
 * @param verify over what was read by `byDigest`: the same object is the same bytes
 */
export function rememberHolding<Signed extends object, Issuer extends object>(
  verify: (signed: Signed, issuer: Issuer) => boolean,
): (signed: Signed, issuer: Issuer) => boolean {
  const holding = new WeakMap<Signed, WeakRef<Issuer>>()
  return (signed, issuer) => {
    if (holding.get(signed)?.deref() === issuer) return true
    const holds = verify(signed, issuer)
    if (holds) holding.set(signed, new WeakRef(issuer))
    return holds
  }
}
