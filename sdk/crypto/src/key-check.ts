import { concatBytes, utf8 } from './bytes.ts'
import { hkdfExpandSha512 } from './envelope/hkdf-expand.ts'
import { ReinraumError } from './reinraum-error.ts'

const keyLength = 32

/**
 * A commitment to a data key: HKDF-Expand with SHA-512 (RFC 5869 §2.3) of the uniform key, 32 bytes, bound to
 * `context`. It says nothing of the key, and no other key has it. Whoever puts a key together from shares, or gets it
 * from somebody else, compares.
 */
export function keyCheckValue(key: Uint8Array, context: Uint8Array): Uint8Array {
  if (key.length !== keyLength) throw new ReinraumError('invalid-argument', 'a data key has 32 bytes')
  return hkdfExpandSha512(key, concatBytes(utf8('reinraum/key-check/v1\n'), context), keyLength)
}
