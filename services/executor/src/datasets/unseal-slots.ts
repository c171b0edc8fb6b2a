import { rmSync } from 'node:fs'
import type { Scan } from '@reinraum/policy'
import type { Manifest, Verified } from '@reinraum/statements'
import type { Reservation } from '../memory/run-memory.ts'
import { gapOf } from './ciphertext-source.ts'
import type { KeepingLease, KeptDatasets } from './kept-datasets.ts'
import { type Ciphertexts, openDataset, reopenDataset } from './open-dataset.ts'
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
  /** undefined where nothing may be kept for another run */
  readonly keeping: Keeping | undefined
  readonly signal: AbortSignal
  /** Asked before anything of a file is decrypted into it. */
  readonly reservation: Pick<Reservation, 'requireRoom' | 'pageBytes'>
}

/** What earlier runs of the contract left, and this one leaves. */
export interface Keeping {
  readonly datasets: Pick<KeptDatasets, 'take' | 'keep'>
  readonly contractId: string
  readonly lease: KeepingLease
}

/**
 * Makes the files of all slots at once. When one fails the others are given up, and it is theirs all to be over when this ends.
 * @throws ReinraumError `ciphertext-mismatch`, `decryption-failed`, `not-found`, `too-large`; the signal's reason
 */
export async function unsealSlots(slots: readonly SealedSlot[], options: UnsealOptions): Promise<void> {
  const failure = new AbortController()
  const signal = AbortSignal.any([options.signal, failure.signal])
  const ends = slots.map((slot) =>
    options.trying(() => unsealSlot(slot, options, signal), signal).catch((error: unknown) => failure.abort(error)),
  )
  await Promise.all(ends)
  signal.throwIfAborted()
}

async function unsealSlot(
  slot: SealedSlot,
  { ciphertexts, keeping, reservation }: UnsealOptions,
  signal: AbortSignal,
): Promise<void> {
  const { manifest, key, file, scans } = slot
  signal.throwIfAborted()
  rmSync(file, { force: true })
  const kept = keeping?.datasets.take(manifest.id, file)
  const sparse =
    kept === undefined
      ? await openDataset(ciphertexts, manifest, key, file, signal)
      : reopenDataset(ciphertexts, manifest, key, kept, signal)
  try {
    const { schema, clusteredBy, object } = manifest.document
    const wanted = { scans, clusteredBy: schema.columns.find(({ name }) => name === clusteredBy) }
    await unsealDataset(sparse, wanted, reservation, signal, gapOf(ciphertexts.openCiphertext(object)))
  } finally {
    await sparse.close()
  }
  if (keeping === undefined) return
  const { contractId, lease, datasets } = keeping
  datasets.keep({ contractId, manifestId: manifest.id, content: sparse.content() }, lease)
}
