import {
  canonicalBytes,
  concatBytes,
  constantTimeEqual,
  type JsonValue,
  ReinraumError,
  randomBytes,
  sha256,
  zeroise,
} from '@reinraum/crypto'
import type { RootKey } from './root-key/root-key.ts'

const keyLength = 32

/** Makes a fresh L1 key that only the row described by `place` can use, wrapped under the root key. */
export async function createWrappingKey(root: RootKey, place: JsonValue): Promise<Uint8Array> {
  const key = randomBytes(keyLength)
  const bound = concatBytes(key, bindingOf(place))
  try {
    return await root.wrap(bound)
  } finally {
    zeroise(key, bound)
  }
}

/**
 * Unwraps an L1 key for the time of one use and overwrites it afterwards.
 * @throws ReinraumError `decryption-failed`, `key-mismatch` when the wrapped key belongs to another row
 */
export async function useWrappingKey<T>(
  root: RootKey,
  wrapped: Uint8Array,
  place: JsonValue,
  use: (key: Uint8Array) => T | Promise<T>,
): Promise<T> {
  const bound = await root.unwrap(wrapped)
  try {
    // RFC 5649 authenticates what it wraps but takes no associated data: the place is wrapped along with the key.
    if (bound.length !== keyLength * 2 || !constantTimeEqual(bound.subarray(keyLength), bindingOf(place))) {
      throw new ReinraumError('key-mismatch', 'a wrapping key stands in the row of another')
    }
    return await use(bound.subarray(0, keyLength))
  } finally {
    zeroise(bound)
  }
}

function bindingOf(place: JsonValue): Uint8Array {
  return sha256(canonicalBytes(place))
}
