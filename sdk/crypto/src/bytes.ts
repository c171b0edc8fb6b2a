import { ReinraumError } from './reinraum-error.ts'

const encoder = new TextEncoder()
// A byte order mark is content, not decoration: it must not vanish before a signature or a digest is computed.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Encodes text as UTF-8. Throws `invalid-argument` for a lone surrogate, which UTF-8 cannot carry. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  if (!text.isWellFormed()) throw new ReinraumError('invalid-argument', 'text holds a lone surrogate')
  return encoder.encode(text)
}

/** Decodes UTF-8. Throws `invalid-argument` for anything that is not UTF-8; replaces nothing. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new ReinraumError('invalid-argument', 'bytes are not UTF-8', { cause })
  }
}

/** Joins byte strings into one new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** `length` bytes from the system's generator. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(length) || length < 0) throw new ReinraumError('invalid-argument', 'length must be a whole number')
  const bytes = new Uint8Array(length)
  // Web Crypto gives at most 65,536 bytes a call.
  for (let offset = 0; offset < length; offset += 65_536) crypto.getRandomValues(bytes.subarray(offset, offset + 65_536))
  return bytes
}

/** Compares without a data-dependent branch. Only the lengths, which are public, can end it early. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index += 1) difference |= (a[index] ?? 0) ^ (b[index] ?? 0)
  return difference === 0
}

/**
 * A copy that can be overwritten for good. Small arrays lie on the engine's heap, where the garbage collector leaves their bytes
 * behind when it moves them; what has a buffer of its own stays where it is.
 */
export function copySecret(secret: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(new ArrayBuffer(secret.length))
  copy.set(secret)
  return copy
}

/** Overwrites key material with zeros. Copies that the engine made on its own are out of reach. */
export function zeroise(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0)
}
