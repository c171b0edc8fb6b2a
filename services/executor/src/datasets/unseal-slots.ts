import { rm } from 'node:fs/promises'
import type { Scan } from '@reinraum/policy'
import type { Manifest, Verified } from '@reinraum/statements'
import { type Ciphertexts, openDataset } from './open-dataset.ts'
import { unsealDataset } from './unseal-dataset.ts'

export interface SealedSlot {
  readonly manifest: Verified<Manifest>
  readonly key: Uint8Array
  /** where its file goes, in the run's folder in memory */
  readonly file: string
  readonly scans: readonly Scan[]
}

/** Makes a step that may be made more than once. */
export type Trying = <T>(step: () => Promise<T>, signal: AbortSignal) => Promise<T>

export interface UnsealOptions {
  readonly ciphertexts: Ciphertexts
  readonly trying: Trying
  readonly signal: AbortSignal
}

/**
 * Makes the files of all slots at once. When one fails the others are given up, and it is theirs all to be over when this ends.
 * @throws ReinraumError `ciphertext-mismatch`, `decryption-failed`, `not-found`; the signal's reason
 */
export async function unsealSlots(slots: readonly SealedSlot[], options: UnsealOptions): Promise<void> {
  const failure = new AbortController()
  const signal = AbortSignal.any([options.signal, failure.signal])
  const ends = slots.map((slot) =>
    options.trying(() => unsealSlot(slot, options.ciphertexts, signal), signal).catch((error: unknown) => failure.abort(error)),
  )
  await Promise.all(ends)
  signal.throwIfAborted()
}

async function unsealSlot(slot: SealedSlot, ciphertexts: Ciphertexts, signal: AbortSignal): Promise<void> {
  const { manifest, key, file, scans } = slot
  signal.throwIfAborted()
  await rm(file, { force: true })
  const sparse = await openDataset(ciphertexts, manifest, key, file, signal)
  try {
    const { schema, clusteredBy } = manifest.document
    await unsealDataset(sparse, { scans, clusteredBy: schema.columns.find(({ name }) => name === clusteredBy) }, signal)
  } finally {
    await sparse.close()
  }
}
