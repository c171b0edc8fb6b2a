import { ReinraumError, randomBytes, sha256, toBase64url, toHex, utf8 } from '@reinraum/crypto'
import { judgeNonce, type NonceRecord, type NonceVerdict } from './nonce-verdict.ts'

const nonceBytes = 32
/** 32 bytes in base64url: nothing else is ever looked up. */
const nonceForm = /^[A-Za-z0-9_-]{43}$/

/**
 * The nonces of one relying party, in memory. What makes evidence good for one use is the nonce inside it and never its bytes:
 * an ECDSA signature has a second valid form, so the same report can come again under another digest.
 */
export interface NonceStore {
  /**
   * A fresh nonce: 32 random bytes, base64url, good for one use.
   * @param purpose what it is for; it is good for nothing else
   * @throws ReinraumError `resource-exhausted` when too many are outstanding, `invalid-argument` at a time that is none
   */
  issue(now: Date, purpose?: string): string
  /** Uses a nonce up, whatever the verdict: only `fresh` is good. */
  consume(nonce: string, now: Date, purpose?: string): NonceVerdict
}

/**
 * @param lifetimeMs how long a nonce is good
 * @param capacity how many are remembered at most. Those that are no longer good make room, the oldest first; one that still is
 * never does, so that whoever asks for many cannot take another's away.
 */
export function createNonceStore(options: { readonly lifetimeMs: number; readonly capacity: number }): NonceStore {
  const { lifetimeMs, capacity } = options
  if (!(lifetimeMs > 0) || !(capacity >= 1))
    throw new ReinraumError('invalid-argument', 'a nonce store keeps something, for a time')
  // By digest, so that the time a look-up takes tells nothing about a nonce that is here. Oldest first, as a Map keeps them.
  const records = new Map<string, NonceRecord>()

  return {
    issue(now, purpose = '') {
      const issuedAt = now.getTime()
      if (!Number.isFinite(issuedAt)) throw new ReinraumError('invalid-argument', 'a nonce cannot be given out without a time')
      for (const [key, record] of records) {
        if (records.size < capacity) break
        if (judgeNonce({ ...record, used: false }, { purpose: record.purpose, now: issuedAt, lifetimeMs }) === 'expired')
          records.delete(key)
      }
      if (records.size >= capacity) throw new ReinraumError('resource-exhausted', 'too many nonces are outstanding')
      const nonce = toBase64url(randomBytes(nonceBytes))
      records.set(keyOf(nonce), { purpose, issuedAt, used: false })
      return nonce
    },
    consume(nonce, now, purpose = '') {
      const key = typeof nonce === 'string' && nonceForm.test(nonce) ? keyOf(nonce) : ''
      const record = records.get(key)
      const verdict = judgeNonce(record, { purpose, now: now.getTime(), lifetimeMs })
      if (record !== undefined) records.set(key, { ...record, used: true })
      return verdict
    },
  }
}

function keyOf(nonce: string): string {
  return toHex(sha256(utf8(nonce)))
}
