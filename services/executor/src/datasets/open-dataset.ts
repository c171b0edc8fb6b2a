import type { EnvelopeThreads, OpenEnvelope } from '@reinraum/envelope'
import { type Manifest, type ManifestCore, manifestCoreContext, type Verified } from '@reinraum/statements'
import { asStated, type OpenCiphertext } from './ciphertext-source.ts'
import { continueSparseFile, createSparseFile, type SparseContent, type SparseFile } from './sparse-file.ts'

/** Where ciphertext lies, and who opens it. */
export interface Ciphertexts {
  readonly openCiphertext: OpenCiphertext
  readonly envelopes: EnvelopeThreads
}

/**
 * Opens a dataset version's ciphertext and makes the file into which it is decrypted, all of it a hole still.
 *
 * Nothing that the object store gives is believed. The envelope's commitment holds for one key and one context (contract, slot,
 * version, schema), its last chunk authenticates the length, and each chunk its content and its place. So it ends in a refusal when
 * the object is another version's, another slot's, cut, or changed by anybody without the key. What cannot be seen where only
 * parts are read is the hash of the whole: it is checked when the object is committed, and binds whoever has the key.
 * @throws ReinraumError `ciphertext-mismatch`, `decryption-failed`, `not-found`
 */
export async function openDataset(
  ciphertexts: Ciphertexts,
  manifest: Verified<Manifest>,
  key: Uint8Array,
  file: string,
  signal: AbortSignal,
): Promise<SparseFile> {
  const envelope = await openEnvelope(ciphertexts, manifest, key, signal)
  try {
    return createSparseFile(file, envelope)
  } catch (error) {
    await envelope.close()
    throw error
  }
}

/**
 * The same where the file is there already, as much of it as earlier runs read. The ciphertext is asked for
 * what is missing alone.
 */
export function reopenDataset(
  ciphertexts: Ciphertexts,
  manifest: Verified<Manifest>,
  key: Uint8Array,
  kept: SparseContent,
  signal: AbortSignal,
): SparseFile {
  return continueSparseFile(kept, () => openEnvelope(ciphertexts, manifest, key, signal))
}

async function openEnvelope(
  { openCiphertext, envelopes }: Ciphertexts,
  manifest: Verified<Manifest>,
  key: Uint8Array,
  signal: AbortSignal,
): Promise<OpenEnvelope> {
  const { contract, slot, version, schema, object, length } = manifest.document
  const core: ManifestCore = { contract, slot, version, schema }
  const source = asStated(openCiphertext(object))
  return envelopes.open(source, length, { key, context: manifestCoreContext(core) }, { signal })
}
