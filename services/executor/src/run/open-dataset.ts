import { open } from 'node:fs/promises'
import { createSha256, isReinraumError, ReinraumError, toHex, unsealStream } from '@reinraum/crypto'
import { type Manifest, type ManifestCore, manifestCoreContext, type Verified } from '@reinraum/statements'
import type { Executor } from '../executor.ts'

/**
 * Fetches a dataset version's ciphertext, checks it against the manifest and writes the decrypted Parquet file into the run's
 * folder in memory. The envelope authenticates every chunk; the hash tells an exchanged object from a damaged one.
 * @throws ReinraumError `ciphertext-mismatch`, `decryption-failed`, `not-found`
 */
export async function openDataset(
  executor: Executor,
  manifest: Verified<Manifest>,
  key: Uint8Array,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const { contract, slot, version, schema, object, length } = manifest.document
  const core: ManifestCore = { contract, slot, version, schema }
  const hash = createSha256()
  let received = 0
  async function* ciphertext() {
    for await (const { data } of stored()) {
      received += data.length
      if (received > length)
        throw new ReinraumError('ciphertext-mismatch', `the ciphertext of ${slot} is longer than its manifest says`)
      hash.update(data)
      yield data
    }
    if (received !== length || `sha256:${toHex(hash.digest())}` !== object) {
      throw new ReinraumError('ciphertext-mismatch', `the ciphertext of ${slot} is not the one that its manifest names`)
    }
  }
  async function* stored() {
    try {
      yield* executor.objects.readObject({ objectId: object, offset: 0n, length: BigInt(length) }, { signal })
    } catch (cause) {
      // The manifest's length is asked for, so a range that does not exist means that the object is no longer whole.
      if (!isReinraumError(cause) || cause.code !== 'invalid-argument') throw cause
      throw new ReinraumError('ciphertext-mismatch', `the ciphertext of ${slot} is shorter than its manifest says`, { cause })
    }
  }
  const out = await open(file, 'wx', 0o600)
  try {
    // For the query process, which has no privilege left. The folder above is closed to everyone else.
    await out.chmod(0o644)
    for await (const chunk of unsealStream(ciphertext(), { key, context: manifestCoreContext(core) })) {
      signal.throwIfAborted()
      await out.writeFile(chunk)
    }
  } finally {
    await out.close()
  }
}
