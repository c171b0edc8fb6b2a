import { ReinraumError } from '../reinraum-error.ts'

/** A byte stream: pieces of any length, which the producer may reuse once it is asked for the next one. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export function requireBytes(piece: unknown): asserts piece is Uint8Array {
  if (!(piece instanceof Uint8Array)) throw new ReinraumError('invalid-argument', 'the source yields something other than bytes')
}
