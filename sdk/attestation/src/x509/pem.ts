const lineEnds = /[\r\n]*/y

/**
 * Reads PEM (RFC 7468) that holds nothing but blocks of one label: no prose and no spaces between them, no other label, no
 * headers, so that no two readers can see other blocks, and no byte of it can be changed unnoticed.
 *
 * @param maximum how many blocks may be there
 * @returns the DER of each, in order; null for anything else, but none at all for nothing at all
 */
export function readPem(text: string, label: 'CERTIFICATE' | 'X509 CRL', maximum: number): readonly Uint8Array[] | null {
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`]
  const blocks: Uint8Array[] = []
  let at = skipLineEnds(text, 0)
  while (at < text.length) {
    if (blocks.length === maximum || !text.startsWith(begin, at)) return null
    const from = at + begin.length
    const to = text.indexOf(end, from)
    const der = to < 0 ? null : readBase64(text.slice(from, to).replace(/[\r\n]/g, ''))
    if (der === null) return null
    blocks.push(der)
    at = skipLineEnds(text, to + end.length)
  }
  return blocks
}

/** @returns null for anything but the one encoding of these bytes (RFC 4648 §4) */
export function readBase64(text: string): Uint8Array | null {
  if (text.length === 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? Uint8Array.from(bytes) : null
}

function skipLineEnds(text: string, at: number): number {
  lineEnds.lastIndex = at
  lineEnds.exec(text)
  return lineEnds.lastIndex
}
