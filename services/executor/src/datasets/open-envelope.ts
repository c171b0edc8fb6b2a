import { write } from 'node:fs'
import { promisify } from 'node:util'
import { type EnvelopeOptions, openRandomAccess } from '@reinraum/crypto'
import type { ByteRange } from './byte-ranges.ts'
import type { CiphertextSource } from './ciphertext-source.ts'

/** A sealed message of which any range can be had. */
export interface Plaintext {
  /** authentic */
  readonly plaintextLength: number
  read(offset: number, length: number, options: { readonly signal: AbortSignal }): Promise<Uint8Array>
  /** Writes exactly these ranges, to where they are in the message, into an open file. */
  unsealInto(fd: number, ranges: readonly ByteRange[], options: { readonly signal: AbortSignal }): Promise<void>
  close(): void
}

/** A multiple of the envelope's chunks. */
const pieceBytes = 1 << 20
const atOnce = 4

/**
 * Opens an envelope whose length is known.
 * @throws ReinraumError `decryption-failed` where it is not what was sealed with this key and context; what the source throws
 */
export async function openEnvelope(
  source: CiphertextSource,
  ciphertextLength: number,
  options: EnvelopeOptions,
  signal: AbortSignal,
): Promise<Plaintext> {
  const collect = async (offset: number, length: number) => {
    const bytes = new Uint8Array(length)
    let at = 0
    for await (const piece of source.read(offset, length, signal)) {
      bytes.set(piece, at)
      at += piece.length
    }
    return bytes.subarray(0, at)
  }
  const access = await openRandomAccess(collect, ciphertextLength, options)
  return {
    plaintextLength: access.plaintextLength,
    read: (offset, length) => access.read(offset, length),
    async unsealInto(fd, ranges, { signal }) {
      const pieces = piecesOf(ranges)
      const stop = new AbortController()
      const work = async () => {
        try {
          for (const { offset, length } of pieces) {
            if (stop.signal.aborted) return
            signal.throwIfAborted()
            await writeAll(fd, await access.read(offset, length), offset)
          }
        } catch (error) {
          stop.abort()
          throw error
        }
      }
      const done = await Promise.allSettled(Array.from({ length: atOnce }, work))
      for (const end of done) if (end.status === 'rejected') throw end.reason
    },
    close() {},
  }
}

function* piecesOf(ranges: readonly ByteRange[]): Generator<ByteRange> {
  for (const { offset, length } of ranges) {
    for (let at = offset; at < offset + length; ) {
      const end = Math.min(offset + length, (Math.floor(at / pieceBytes) + 1) * pieceBytes)
      yield { offset: at, length: end - at }
      at = end
    }
  }
}

const writeAt = promisify(write)

async function writeAll(fd: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await writeAt(fd, bytes, at, bytes.length - at, position + at)).bytesWritten
  }
}
