import { canonicalBytes, toBase64url } from '@reinraum/crypto'
import { completeDocument, type DocumentInput } from './document.ts'
import { encodeStatement } from './jws.ts'
import type { Signer } from './signer.ts'

/**
 * Signs a document: General JWS in canonical JSON, UTF-8, with one Ed25519 and one ML-DSA-65 signature over the
 * document's canonical bytes. The document is checked first and refused as a reader would refuse it; what has a default
 * is written out, so that the signature covers it.
 */
export async function signStatement(document: DocumentInput, signer: Signer): Promise<Uint8Array> {
  const payload = canonicalBytes(completeDocument(document))
  return encodeStatement(toBase64url(payload), await signer.sign(payload))
}
