/**
 * The DER in a file, which holds it as it is or as PEM (RFC 7468), there perhaps several. What it means is for others to say.
 * Takes time in proportion to the length.
 */
export function readPemOrDer(bytes: Uint8Array): readonly Uint8Array[] {
  const text = Buffer.from(bytes).toString('latin1')
  if (!text.trimStart().startsWith('-----BEGIN ')) return [bytes]
  const blocks = text.matchAll(/-----BEGIN (CERTIFICATE|X509 CRL)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g)
  return [...blocks].map(([, , base64 = '']) => new Uint8Array(Buffer.from(base64, 'base64')))
}
