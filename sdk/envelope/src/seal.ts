import {
  type ByteSource,
  beginEnvelope,
  type EnvelopeOptions,
  envelopeLayout,
  type NewEnvelope,
  requireBytes,
  zeroise,
} from '@reinraum/crypto'
import type { JobResult } from './job.ts'
import type { ThreadPool } from './thread-pool.ts'

/** 1 MiB of plaintext to a job. */
const batchChunks = 64
const batchLength = batchChunks * envelopeLayout.chunkLength
/** Its ciphertext; the end of a message may be one chunk more, of nothing but its tag. */
const sealedBatchLength = batchChunks * envelopeLayout.sealedChunkLength + envelopeLayout.tagLength

/**
 * See `EnvelopeThreads.seal`. The same buffers go round between here and the threads: V8 collects the whole heap for every few
 * dozen MiB of buffers that are made, which costs more than encrypting what is in them.
 */
export function sealInThreads(
  pool: ThreadPool,
  envelope: number,
  source: ByteSource,
  options: EnvelopeOptions,
): AsyncGenerator<Uint8Array> {
  return sealPieces(pool, envelope, source, beginEnvelope(options))
}

async function* sealPieces(
  pool: ThreadPool,
  envelope: number,
  source: ByteSource,
  { header, keys }: NewEnvelope,
): AsyncGenerator<Uint8Array> {
  const sealing: Promise<JobResult>[] = []
  const spares: ArrayBuffer[] = []
  const targets: ArrayBuffer[] = []
  let first = 0
  let filling = new Uint8Array(batchLength)
  let filled = 0

  const send = (last: boolean): void => {
    const into = targets.pop() ?? new ArrayBuffer(sealedBatchLength)
    const job = { kind: 'seal', envelope, first, plaintext: filling.buffer, length: filled, last, into } as const
    const sealed = pool.run(job, keys, [filling.buffer, into])
    // Its error is thrown when its turn comes.
    sealed.catch(() => {})
    sealing.push(sealed)
    first += batchChunks
    filled = 0
  }
  const next = async (): Promise<JobResult> => {
    const result = (await sealing.shift()) ?? {}
    if (result.spare !== undefined) spares.push(result.spare)
    return result
  }
  /** In order: what was given to the threads first. */
  async function* oldest(): AsyncGenerator<Uint8Array> {
    const { sealed } = await next()
    if (sealed === undefined) return
    yield sealed
    targets.push(sealed.buffer)
  }

  try {
    yield header
    for await (const piece of source) {
      requireBytes(piece)
      for (let at = 0; at < piece.length; ) {
        const part = piece.subarray(at, at + batchLength - filled)
        filling.set(part, filled)
        filled += part.length
        at += part.length
        if (filled < batchLength) break
        send(false)
        if (sealing.length > 2 * pool.threads) yield* oldest()
        filling = new Uint8Array(spares.pop() ?? new ArrayBuffer(batchLength))
      }
    }
    // §Message chunking: the last chunk is always shorter than the others, and empty if need be.
    send(true)
    while (sealing.length > 0) yield* oldest()
  } finally {
    zeroise(keys.key, keys.baseNonce)
    if (filling.buffer.byteLength > 0) spares.push(filling.buffer)
    // What the consumer did not wait for.
    while (sealing.length > 0) await next().catch(() => {})
    zeroise(...spares.map((spare) => new Uint8Array(spare)))
    await pool.forget(envelope)
  }
}
