import { ReinraumError } from '../reinraum-error.ts'

/** A byte stream: pieces of any length, which the producer may reuse once it is asked for the next one. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** Throws `invalid-argument` where a source without types yields text or something else. */
export function requireBytes(piece: unknown): asserts piece is Uint8Array {
  if (!(piece instanceof Uint8Array)) throw new ReinraumError('invalid-argument', 'the source yields something other than bytes')
}

/** Cuts pieces of any length into chunks of one length. A chunk is valid until the next one is asked for. */
export interface Chunker {
  /** The chunks that `piece` completes. */
  push(piece: Uint8Array): Generator<Uint8Array, void, void>
  /** What is left at the end: always shorter than a chunk. */
  rest(): Uint8Array
  /** Forgets what it holds. */
  wipe(): void
}

export function createChunker(length: number): Chunker {
  const pending = new Uint8Array(length)
  let filled = 0
  return {
    *push(piece) {
      let at = 0
      while (at < piece.length) {
        if (filled === 0 && piece.length - at >= length) {
          // A whole chunk lies in the piece: used where it is, without a copy.
          yield piece.subarray(at, at + length)
          at += length
          continue
        }
        const part = piece.subarray(at, at + length - filled)
        pending.set(part, filled)
        filled += part.length
        at += part.length
        if (filled < length) return
        filled = 0
        yield pending
      }
    },
    rest: () => pending.subarray(0, filled),
    wipe: () => void pending.fill(0),
  }
}
