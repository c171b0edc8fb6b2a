import { readPem } from '../x509/pem.ts'

/** as many as one place holds */
const maxBlocks = 16

/**
 * The DER in bytes that hold one object as DER, or certificates or revocation lists as PEM.
 * @returns null for anything else; DER is recognised by its first byte, and what it means is for others to say
 */
export function readPemOrDer(bytes: Uint8Array): readonly Uint8Array[] | null {
  if (bytes[0] === 0x30) return [bytes]
  const text = Buffer.from(bytes).toString('latin1')
  const blocks = readPem(text, 'CERTIFICATE', maxBlocks) ?? readPem(text, 'X509 CRL', maxBlocks)
  return blocks === null || blocks.length === 0 ? null : blocks
}
