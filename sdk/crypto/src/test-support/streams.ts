import { concatBytes } from '../bytes.ts'

/** Bytes that differ from chunk to chunk, so that no misplaced one goes unseen. */
export function message(length: number, seed = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let state = (seed + 1) >>> 0
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

/** The bytes in pieces whose lengths follow `cuts`, over and over; one piece when there are none. */
export function* inPieces(bytes: Uint8Array, cuts: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length || turn === 0; turn += 1) {
    // Every round moves on, even where all cuts are empty pieces.
    const cut = cuts.length === 0 ? bytes.length : (cuts[turn % cuts.length] ?? 0) + (turn % cuts.length === 0 ? 1 : 0)
    yield bytes.subarray(at, at + cut)
    at += cut
  }
}

/** All bytes of a stream, and the error that it ended with. */
export async function drain(stream: AsyncIterable<Uint8Array>): Promise<{ bytes: Uint8Array; error?: unknown }> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of stream) pieces.push(piece)
  } catch (error) {
    return { bytes: concatBytes(...pieces), error }
  }
  return { bytes: concatBytes(...pieces) }
}

/** `toEqual` visits every byte as an object property; this compares megabytes at once. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
