/**
 * Chunks per piece that a stream yields, 256 KiB: enough that a write is worth its price, few enough that the piece is
 * still in the processor's cache when it is written. Measured; halving or doubling it changes little.
 */
export const batchChunks = 16

/** Collects processed chunks into the pieces that a stream yields. */
export interface Batch {
  readonly isFull: boolean
  /** The next `length` bytes, to be written by the caller. */
  reserve(length: number): Uint8Array
  /** Hands over what was collected; it belongs to the receiver from here on. */
  take(): Uint8Array
  /** Zeroises what was collected and not handed over. */
  wipe(): void
}

export function createBatch(capacity: number): Batch {
  let buffer: Uint8Array | undefined
  let filled = 0
  return {
    get isFull() {
      return filled === capacity
    },
    reserve(length) {
      buffer ??= new Uint8Array(capacity)
      filled += length
      return buffer.subarray(filled - length, filled)
    },
    take() {
      const taken = filled === capacity ? buffer : buffer?.slice(0, filled)
      buffer = undefined
      filled = 0
      return taken ?? new Uint8Array(0)
    },
    wipe: () => void buffer?.fill(0),
  }
}
