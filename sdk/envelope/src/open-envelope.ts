import {
  chunkCipher,
  type EnvelopeOptions,
  envelopeLayout,
  type MessageKeys,
  openChunksAtRandom,
  openEnvelopeHeader,
  ReinraumError,
  takeEnvelopeOptions,
  unsealedLength,
  zeroise,
} from '@reinraum/crypto'
import { type ByteRange, spansOf } from './chunk-span.ts'
import type { Target } from './job.ts'
import { type CiphertextSource, type OpenSource, openSource, readExactly } from './source.ts'
import type { ThreadPool } from './thread-pool.ts'
import { unsealSpans } from './unseal-into.ts'

export interface UnsealOptions {
  readonly signal?: AbortSignal
}

/** An envelope of which any range can be unsealed. */
export interface OpenEnvelope {
  /** bytes, authentic */
  readonly plaintextLength: number
  /**
   * The plaintext of a range, unsealed on the calling thread: for a few chunks, such as the footer of a file.
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
  unsealInto(target: Target, ranges: readonly ByteRange[], options?: UnsealOptions): Promise<void>
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
  try {
    unsealedLength(ciphertextLength)
    source = await openSource(from)
    const header = await readExactly(source, 0, envelopeLayout.headerLength, signal)
    return await openBody(pool, envelope, source, ciphertextLength, openEnvelopeHeader(header, taken), signal)
  } catch (error) {
    await source?.close()
    throw error
  } finally {
    zeroise(taken.key)
  }
}

/** Checks the last chunk first: it authenticates the length. */
async function openBody(
  pool: ThreadPool,
  envelope: number,
  source: OpenSource,
  ciphertextLength: number,
  keys: MessageKeys,
  signal: AbortSignal,
): Promise<OpenEnvelope> {
  const readCiphertext = (offset: number, length: number, own = signal) => readExactly(source, offset, length, own)
  const { plaintextLength, read } = await openChunksAtRandom(readCiphertext, ciphertextLength, chunkCipher(keys)).catch(
    (error) => {
      zeroise(keys.key, keys.baseNonce)
      throw error
    },
  )
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()
  /** Nothing begins after `close`, which ends and awaits what has. */
  const run = <Result>(own: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
    const working = Promise.resolve(own === undefined ? closing.signal : AbortSignal.any([own, closing.signal])).then(
      (either) => {
        either.throwIfAborted()
        return work(either)
      },
    )
    running.add(working)
    return working.finally(() => running.delete(working))
  }
  return {
    plaintextLength,
    read: (offset, length, options) => run(options?.signal, (own) => read(offset, length, own)),
    unsealInto: (target, ranges, options) =>
      run(options?.signal, (own) => {
        requireRoom(target, plaintextLength)
        return unsealSpans({ pool, envelope, keys, source, ciphertextLength }, target, spansOf(ranges, plaintextLength), own)
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

function requireRoom(target: Target, plaintextLength: number): void {
  if (typeof target === 'number' || target.byteLength >= plaintextLength) return
  throw new ReinraumError('invalid-argument', 'the memory is shorter than the plaintext')
}
