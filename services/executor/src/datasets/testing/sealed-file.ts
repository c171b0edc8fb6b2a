import { ReinraumError, randomBytes, seal, utf8 } from '@reinraum/crypto'
import { type ByteRange, endOf, joined } from '../byte-ranges.ts'
import type { CiphertextSource } from '../ciphertext-source.ts'
import { openEnvelope } from '../open-envelope.ts'
import { createSparseFile, type SparseFile } from '../sparse-file.ts'

export interface SealedFile {
  readonly key: Uint8Array
  readonly context: Uint8Array
  readonly ciphertext: Uint8Array
  readonly source: CiphertextSource
  /** ranges of the ciphertext that were read */
  readonly fetched: () => readonly ByteRange[]
  /** As a run opens it. */
  readonly openAt: (path: string) => Promise<SparseFile>
}

/** A file in its envelope, as an object store has it. */
export function sealFile(plaintext: Uint8Array): SealedFile {
  const [key, context] = [randomBytes(32), utf8('a dataset')]
  const ciphertext = seal(plaintext, { key, context })
  const read: ByteRange[] = []
  const source = sourceOf(ciphertext, (range) => read.push(range))
  return {
    key,
    context,
    ciphertext,
    source,
    fetched: () => joined(read),
    openAt: async (path) =>
      createSparseFile(path, await openEnvelope(source, ciphertext.length, { key, context }, new AbortController().signal)),
  }
}

/** Pieces of some kilobytes, as a network has them. */
export function sourceOf(ciphertext: Uint8Array, onRead: (range: ByteRange) => void = () => {}): CiphertextSource {
  return {
    async *read(offset, length) {
      onRead({ offset, length })
      const range = { offset, length }
      if (endOf(range) > ciphertext.length) throw new ReinraumError('invalid-argument', 'the range is not inside the object')
      for (let at = offset; at < endOf(range); at += 65_000) yield ciphertext.slice(at, Math.min(at + 65_000, endOf(range)))
    },
  }
}
