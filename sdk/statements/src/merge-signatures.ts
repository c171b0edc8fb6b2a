import { ReinraumError } from '@reinraum/crypto'
import { encodeStatement, openStatement } from './jws.ts'

/**
 * Joins the signatures of two copies of one statement, as contracts collect acceptances. Where both carry a signature of
 * the same key, the first copy's stays. Throws `conflict` when the payloads differ. Verifies nothing.
 */
export async function mergeSignatures(a: Uint8Array, b: Uint8Array): Promise<Uint8Array> {
  const first = openStatement(a)
  const second = openStatement(b)
  if (first.payload !== second.payload) throw new ReinraumError('conflict', 'the two statements do not say the same')
  const known = new Set(first.signatures.map((s) => s.kid))
  const joined = [...first.signatures, ...second.signatures.filter((s) => !known.has(s.kid))]
  // Sorted, so that the order in which acceptances arrive leaves no trace.
  joined.sort((x, y) => (x.kid < y.kid ? -1 : 1))
  return encodeStatement(first.payload, joined)
}
