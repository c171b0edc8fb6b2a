import {
  type EnvelopeOptions,
  envelopeLayout,
  openEnvelopeHeader,
  ReinraumError,
  takeEnvelopeOptions,
  unsealedLength,
  zeroise,
} from '@reinraum/crypto'
import { type ByteRange, type ChunkSpan, spansOf } from './chunk-span.ts'
import { type CiphertextSource, type OpenSource, openSource, readExactly } from './source.ts'
import type { ThreadPool } from './thread-pool.ts'
import { type Unsealing, unsealSpans } from './unseal-into.ts'

const { chunkLength } = envelopeLayout

export interface UnsealOptions {
  readonly signal?: AbortSignal
}

/** An envelope of which any range can be unsealed. */
export interface OpenEnvelope {
  /** bytes, authentic */
  readonly plaintextLength: number
  /**
   * The plaintext of a range, in memory of its own: for small ones, such as the footer of a file.
   * @throws ReinraumError `invalid-argument` for a range that is not inside, `decryption-failed`
   */
  read(offset: number, length: number, options?: UnsealOptions): Promise<Uint8Array>
  /**
   * Unseals the chunks, of 16 KiB each, that hold the ranges, and writes them where they are in the plaintext: into a file that
   * is open for writing, or into memory as long as the plaintext. Each is authenticated before it is written; the first
   * that does not open ends everything, and what was written before stays. When this settles, nothing writes any more.
   * @throws ReinraumError `invalid-argument` for a range that is not inside, `decryption-failed`, `storage-full`, `internal`
   * where a thread ended; the reason of the signal
   */
  unsealInto(into: number | SharedArrayBuffer, ranges: readonly ByteRange[], options?: UnsealOptions): Promise<void>
  /** Ends what is under way, and takes the keys from all threads. */
  close(): Promise<void>
}

/** See `EnvelopeThreads.open`. */
export async function openEnvelope(
  pool: ThreadPool,
  envelope: number,
  from: CiphertextSource,
  ciphertextLength: number,
  options: EnvelopeOptions,
  signal: AbortSignal,
): Promise<OpenEnvelope> {
  const taken = takeEnvelopeOptions(options)
  let source: OpenSource | undefined
  let opened: OpenEnvelope | undefined
  try {
    unsealedLength(ciphertextLength)
    source = await openSource(from)
    const header = await readExactly(source, 0, envelopeLayout.headerLength, signal)
    const unsealing = { pool, envelope, source, ciphertextLength, keys: openEnvelopeHeader(header, taken) }
    opened = openBody(unsealing)
    await checkLastChunk(unsealing, signal)
    return opened
  } catch (error) {
    await (opened ?? source)?.close()
    throw error
  } finally {
    zeroise(taken.key)
  }
}

function openBody(unsealing: Unsealing): OpenEnvelope {
  const { pool, envelope, keys, source, ciphertextLength } = unsealing
  const plaintextLength = unsealedLength(ciphertextLength)
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()
  /** Nothing is read after `close`, which ends and awaits what has begun. */
  const run = <Result>(own: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
    const working = work(own === undefined ? closing.signal : AbortSignal.any([own, closing.signal]))
    running.add(working)
    return working.finally(() => running.delete(working))
  }
  return {
    plaintextLength,
    read: (offset, length, options) => run(options?.signal, (own) => readRange(unsealing, { offset, length }, own)),
    unsealInto: (into, ranges, options) =>
      run(options?.signal, async (own) => {
        requireRoom(into, plaintextLength)
        await unsealSpans(unsealing, { into, from: 0 }, spansOf(ranges, plaintextLength), own)
      }),
    async close() {
      closing.abort(new ReinraumError('unavailable', 'the envelope was closed'))
      await Promise.allSettled(running)
      zeroise(keys.key, keys.baseNonce)
      await pool.forget(envelope)
      await source.close()
    },
  }
}

async function readRange(unsealing: Unsealing, range: ByteRange, signal: AbortSignal): Promise<Uint8Array> {
  const [span] = spansOf([range], unsealedLength(unsealing.ciphertextLength))
  return span === undefined ? new Uint8Array(0) : await readChunks(unsealing, span, range, signal)
}

/** §Implementation notes: the last chunk authenticates the length. It may be empty. */
async function checkLastChunk(unsealing: Unsealing, signal: AbortSignal): Promise<void> {
  const last = Math.floor(unsealedLength(unsealing.ciphertextLength) / chunkLength)
  await readChunks(unsealing, { first: last, end: last + 1 }, { offset: last * chunkLength, length: 0 }, signal)
}

/** A range of the chunks of a span. */
async function readChunks(unsealing: Unsealing, span: ChunkSpan, range: ByteRange, signal: AbortSignal): Promise<Uint8Array> {
  const from = span.first * chunkLength
  const end = Math.min(span.end * chunkLength, unsealedLength(unsealing.ciphertextLength))
  const shared = new Uint8Array(new SharedArrayBuffer(end - from))
  try {
    await unsealSpans(unsealing, { into: shared.buffer, from }, [span], signal)
    return shared.slice(range.offset - from, range.offset - from + range.length)
  } finally {
    zeroise(shared)
  }
}

function requireRoom(into: number | SharedArrayBuffer, plaintextLength: number): void {
  if (typeof into === 'number' || into.byteLength >= plaintextLength) return
  throw new ReinraumError('invalid-argument', 'the memory is shorter than the plaintext')
}
