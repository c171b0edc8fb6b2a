import { ReinraumError, randomBytes, seal, utf8 } from '@reinraum/crypto'
import type { CiphertextSource, EnvelopeThreads, OpenEnvelope } from '@reinraum/envelope'
import { type ByteRange, endOf, joined } from '../byte-ranges.ts'
import { createSparseFile, type SparseFile } from '../sparse-file.ts'

export interface SealedFile {
  /** ranges of the ciphertext that were read */
  readonly fetched: () => readonly ByteRange[]
  readonly openEnvelope: () => Promise<OpenEnvelope>
  /** As a run opens it. */
  readonly openAt: (path: string) => Promise<SparseFile>
}

/** A file in its envelope, as an object store has it. */
export function sealFile(plaintext: Uint8Array, envelopes: EnvelopeThreads): SealedFile {
  const options = { key: randomBytes(32), context: utf8('a dataset') }
  const ciphertext = seal(plaintext, options)
  const read: ByteRange[] = []
  const source = sourceOf(ciphertext, (range) => read.push(range))
  const openEnvelope = () => envelopes.open(source, ciphertext.length, options)
  return {
    fetched: () => joined(read),
    openEnvelope,
    openAt: async (path) => createSparseFile(path, await openEnvelope()),
  }
}

/** Pieces of some kilobytes, as a network has them. */
export function sourceOf(ciphertext: Uint8Array, onRead: (range: ByteRange) => void = () => {}): CiphertextSource {
  return {
    async *read(offset, length) {
      const end = endOf({ offset, length })
      onRead({ offset, length })
      if (end > ciphertext.length) throw new ReinraumError('invalid-argument', 'the range is not inside the object')
      for (let at = offset; at < end; at += 65_000) yield ciphertext.slice(at, Math.min(at + 65_000, end))
    },
  }
}
