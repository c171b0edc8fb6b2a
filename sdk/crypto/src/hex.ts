import { ReinraumError } from './reinraum-error.ts'

const pairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Encodes as lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  // Where there is Node, in one step: digests are written and compared everywhere.
  if (typeof Buffer === 'function') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  let text = ''
  for (const byte of bytes) text += pairs[byte]
  return text
}

/** Decodes lower-case hexadecimal, the only form that ids and digests are written in. Throws `invalid-argument`. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new ReinraumError('invalid-argument', 'text is not lower-case hexadecimal')
  }
  if (typeof Buffer === 'function') return new Uint8Array(Buffer.from(text, 'hex'))
  const bytes = new Uint8Array(text.length / 2)
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = Number.parseInt(text.slice(2 * index, 2 * index + 2), 16)
  return bytes
}
