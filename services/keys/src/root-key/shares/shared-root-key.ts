import { canonicalBytes, constantTimeEqual, keyCheckValue } from '@reinraum/crypto'
import { memoryRootKey } from '../memory-root-key.ts'
import type { People, RootKey } from '../root-key.ts'

/** A root key that was just shared among these people, or put together from their shares. @param key overwritten by `close` */
export function sharedRootKey(key: Uint8Array, people: People): RootKey {
  const root = memoryRootKey('shares', key)
  return { ...root, shared: { people, isKey: (other) => constantTimeEqual(other, key) } }
}

/**
 * What tells the right root key from one that wrong shares gave. It names the people, so that nobody who has not the key can
 * put others into the store beside it, or lower their number.
 */
export function checkOf(key: Uint8Array, keyServiceId: string, { threshold, holders }: People): Uint8Array {
  const people = holders.map(({ key: holder, fingerprint }) => [holder, fingerprint]).sort()
  const place = { v: 'reinraum/root-key-check/v2', keyService: keyServiceId, threshold, people }
  return keyCheckValue(key, canonicalBytes(place))
}
