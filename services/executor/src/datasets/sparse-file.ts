import { closeSync, fchmodSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { envelopeLayout, ReinraumError } from '@reinraum/crypto'
import type { OpenEnvelope } from '@reinraum/envelope'
import { type ByteRange, bytesIn, endOf, joined, without } from './byte-ranges.ts'

/** What is there of a file. */
export interface SparseContent {
  readonly path: string
  /** of the whole file */
  readonly length: number
  readonly present: readonly ByteRange[]
}

/**
 * A decrypted file in memory of which only those ranges are there that somebody asked for. The rest are holes: it reads as zeros,
 * takes no memory, and was never fetched.
 */
export interface SparseFile {
  readonly path: string
  /** of the whole file */
  readonly length: number
  /**
   * Makes the ranges be there. Several calls come one after the other.
   * @throws ReinraumError `ciphertext-mismatch`, `decryption-failed`, `not-found`; the signal's reason. After that the file is of
   * no use any more, and every further call throws the same: a range may be there in part.
   */
  ensure(ranges: readonly ByteRange[], signal: AbortSignal): Promise<void>
  /** Whether all of a range is in it. */
  isThere(range: ByteRange): boolean
  /** Authentic bytes of the file, whether or not they are in it. */
  read(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>
  /** For `continueSparseFile`. */
  content(): SparseContent
  /** How many bytes are there. */
  unsealedBytes(): number
  /** No range can be added any more; the file stays. */
  close(): Promise<void>
}

/** Makes the file, all of it a hole; nothing may be there at that path. It closes the envelope in the end. */
export function createSparseFile(path: string, envelope: OpenEnvelope): SparseFile {
  const fd = openSync(path, 'wx+', 0o600)
  const length = envelope.plaintextLength
  try {
    // For the query process, which has no privilege left. The folder above is closed to everyone else.
    fchmodSync(fd, 0o644)
    ftruncateSync(fd, length)
  } catch (error) {
    closeSync(fd)
    throw error
  }
  return sparseFile(fd, { path, length, present: [] }, async () => envelope)
}

/**
 * Goes on with a file that was made before.
 * @param openEnvelope asked for what is not there, once; never where nothing is missing
 */
export function continueSparseFile(kept: SparseContent, openEnvelope: () => Promise<OpenEnvelope>): SparseFile {
  return sparseFile(openSync(kept.path, 'r+'), kept, openEnvelope)
}

/** What is done with a file in memory is done at once: to have it done elsewhere takes longer. */
function sparseFile(
  fd: number,
  { path, length, ...begun }: SparseContent,
  openEnvelope: () => Promise<OpenEnvelope>,
): SparseFile {
  let isOpen = true
  let present = begun.present
  let opened: Promise<OpenEnvelope> | undefined
  const envelope = () => {
    opened ??= openEnvelope()
    return opened
  }
  let broken: { readonly error: unknown } | undefined
  let last: Promise<void> = Promise.resolve()
  const missing = (ranges: readonly ByteRange[]) => without(joined(ranges), present)
  const unseal = async (ranges: readonly ByteRange[], signal: AbortSignal) => {
    if (broken !== undefined) throw broken.error
    const lacking = missing(ranges)
    if (lacking.length === 0) return
    try {
      await (await envelope()).unsealInto(fd, lacking, { signal })
      makeHoles(fd, length, lacking, joined([...present, ...lacking]))
    } catch (error) {
      broken = { error }
      throw error
    }
    present = joined([...present, ...lacking])
  }
  return {
    path,
    length,
    isThere: (range) => broken === undefined && missing([range]).length === 0,
    ensure(ranges, signal) {
      const own = last.then(() => unseal(ranges, signal))
      last = own.catch(() => undefined)
      return own
    },
    async read(offset, length, signal) {
      if (broken !== undefined || missing([{ offset, length }]).length > 0)
        return (await envelope()).read(offset, length, { signal })
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; ) {
        const bytesRead = readSync(fd, bytes, at, length - at, offset + at)
        if (bytesRead === 0) throw new ReinraumError('internal', 'the file became shorter')
        at += bytesRead
      }
      return bytes
    },
    content: () => ({ path, length, present }),
    unsealedBytes: () => bytesIn(present),
    async close() {
      broken ??= { error: new ReinraumError('internal', 'the file was closed') }
      await last
      if (isOpen) closeSync(fd)
      isOpen = false
      await opened?.then(
        (own) => own.close(),
        () => undefined,
      )
    },
  }
}

const { chunkLength } = envelopeLayout
/** What is left over of two chunks that follow each other. */
const zeros = new Uint8Array(2 * chunkLength)

/**
 * The envelope is unsealed in whole chunks. Of what was written, that which nobody asked for becomes a hole again: of a column of
 * which only the beginning is there, with its first page header, the engine would read the zeros that follow as values.
 */
function makeHoles(fd: number, length: number, written: readonly ByteRange[], present: readonly ByteRange[]) {
  const chunks = written.map((range) => {
    const offset = range.offset - (range.offset % chunkLength)
    return { offset, length: Math.min(Math.ceil(endOf(range) / chunkLength) * chunkLength, length) - offset }
  })
  for (const { offset, length } of without(joined(chunks), present)) {
    for (let at = 0; at < length; ) at += writeSync(fd, zeros, at, length - at, offset + at)
  }
}
