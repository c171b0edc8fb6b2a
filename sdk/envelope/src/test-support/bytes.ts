import { createCipheriv } from 'node:crypto'
import type { RangeSource } from '../source.ts'

/** Bytes that differ from chunk to chunk and from seed to seed, so that no misplaced one goes unseen. */
export function message(length: number, seed = 0): Uint8Array {
  const stream = createCipheriv('aes-256-ctr', Buffer.alloc(32, seed), Buffer.alloc(16))
  return new Uint8Array(stream.update(Buffer.alloc(length)))
}

/** `toEqual` visits every byte as an object property; this compares megabytes at once. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** The bytes in pieces, in one buffer that is used again and again. */
export function* inPieces(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  const shared = new Uint8Array(length)
  for (let at = 0; at < bytes.length; at += length) {
    const part = bytes.subarray(at, at + length)
    shared.set(part)
    yield shared.subarray(0, part.length)
    shared.fill(0)
  }
}

/** A source as a service or a bucket is one, and every range that it was asked for. */
export function sourceOf(bytes: Uint8Array, pieceLength = 70_001): RangeSource & { readonly asked: [number, number][] } {
  const asked: [number, number][] = []
  return {
    asked,
    async *read(offset, length) {
      asked.push([offset, length])
      yield* inPieces(bytes.subarray(offset, offset + length), pieceLength)
    },
  }
}

export async function drain(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(piece.slice())
  return Buffer.concat(pieces)
}
