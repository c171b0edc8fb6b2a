import { ReinraumError } from './reinraum-error.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const invalid = 0xff
const codes = new Uint8Array(alphabet.length)
const values = new Uint8Array(128).fill(invalid)
for (let value = 0; value < alphabet.length; value += 1) {
  const code = alphabet.charCodeAt(value)
  codes[value] = code
  values[code] = value
}
const ascii = new TextDecoder('latin1')

/** Encodes as base64url without padding (RFC 4648 §5). */
export function toBase64url(bytes: Uint8Array): string {
  // Where there is Node, in one step: statements carry kilobytes of signatures.
  if (typeof Buffer === 'function') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
  const text = new Uint8Array(Math.ceil((bytes.length * 4) / 3))
  let accumulator = 0
  let bits = 0
  let at = 0
  for (const byte of bytes) {
    accumulator = ((accumulator << 8) | byte) & 0xffff
    bits += 8
    while (bits >= 6) {
      bits -= 6
      text[at++] = codes[(accumulator >> bits) & 63] ?? 0
    }
  }
  if (bits > 0) text[at] = codes[(accumulator << (6 - bits)) & 63] ?? 0
  return ascii.decode(text)
}

/**
 * Decodes base64url. One text per byte string: padding, other alphabets, white space, an impossible length and set bits
 * after the last byte are refused (RFC 4648 §3.5), with `invalid-argument`.
 */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 === 1) throw notBase64url()
  if (typeof Buffer === 'function') return fromBase64urlOnNode(text)
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let accumulator = 0
  let bits = 0
  let at = 0
  for (let index = 0; index < text.length; index += 1) {
    const value = values[text.charCodeAt(index)] ?? invalid
    if (value === invalid) throw notBase64url()
    accumulator = ((accumulator << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (accumulator >> bits) & 0xff
    }
  }
  if ((accumulator & ((1 << bits) - 1)) !== 0) throw notBase64url()
  return bytes
}

/** Node passes over what it does not know; writing the bytes again tells whether it did. Not into its pool: some are keys. */
function fromBase64urlOnNode(text: string): Uint8Array<ArrayBuffer> {
  const buffer = Buffer.allocUnsafeSlow(Math.floor((text.length * 3) / 4))
  const written = buffer.write(text, 'base64url')
  if (written !== buffer.length || buffer.toString('base64url') !== text) throw notBase64url()
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}

function notBase64url(): ReinraumError {
  return new ReinraumError('invalid-argument', 'text is not unpadded base64url')
}
