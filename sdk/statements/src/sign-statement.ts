import { canonicalBytes, digestId, toBase64url } from '@reinraum/crypto'
import { completeDocument, type DocumentInput } from './document.ts'
import { encodeStatement } from './jws.ts'
import type { DigestId } from './parts/identifiers.ts'
import type { Signer } from './signer.ts'

/**
 * Signs a document: General JWS in canonical JSON, UTF-8, with one Ed25519 and one ML-DSA-65 signature over the
 * document's canonical bytes. The document is checked first and refused as a reader would refuse it; what has a default
 * is written out, so that the signature covers it.
 */
export async function signStatement(document: DocumentInput, signer: Signer): Promise<Uint8Array> {
  return (await signAndIdentify(document, signer)).bytes
}

/** As `signStatement`, with the id that every reader of the statement finds. */
export async function signAndIdentify(
  document: DocumentInput,
  signer: Signer,
): Promise<{ readonly id: DigestId; readonly bytes: Uint8Array }> {
  const payload = canonicalBytes(completeDocument(document))
  return { id: digestId(payload), bytes: encodeStatement(toBase64url(payload), await signer.sign(payload)) }
}
