import { type ByteSource, type EnvelopeOptions, ReinraumError } from '@reinraum/crypto'
import { type OpenEnvelope, openEnvelope, type UnsealOptions } from './open-envelope.ts'
import { sealInThreads } from './seal.ts'
import type { CiphertextSource } from './source.ts'
import { createThreadPool } from './thread-pool.ts'

const mostThreads = 64

export interface EnvelopeThreadsOptions {
  /** 1 to 64; beyond the number of processors they only take memory */
  readonly threads: number
}

/** Seals and unseals envelopes (C2SP chunked encryption, as `@reinraum/crypto` does) in worker threads. */
export interface EnvelopeThreads {
  /**
   * Opens an envelope for random access. The commitment and the last chunk are checked first, so that `plaintextLength` is
   * authentic; each range is authenticated on its own.
   * @param ciphertextLength bytes
   * @throws ReinraumError `decryption-failed`, `invalid-argument` for a key of the wrong size; of a local file `not-found`, and
   * `unreadable-input` where it cannot be opened or is no file; the reason of the signal
   */
  open(
    source: CiphertextSource,
    ciphertextLength: number,
    keyAndContext: EnvelopeOptions,
    options?: UnsealOptions,
  ): Promise<OpenEnvelope>
  /**
   * Seals a stream with a fresh salt. Memory is constant. Each piece yielded, of about 1 MiB, is the consumer's until it asks for
   * the next.
   * @throws ReinraumError `invalid-argument` at the call for a key of the wrong size
   */
  seal(source: ByteSource, keyAndContext: EnvelopeOptions): AsyncGenerator<Uint8Array>
  /** Closes the envelopes that are open, and ends the threads. */
  close(): Promise<void>
}

/** Starts the threads. A process ends only after `close`. Throws `invalid-argument` for a number that is none. */
export function createEnvelopeThreads({ threads }: EnvelopeThreadsOptions): EnvelopeThreads {
  if (!Number.isInteger(threads) || threads < 1 || threads > mostThreads) {
    throw new ReinraumError('invalid-argument', `there are 1 to ${mostThreads} threads`)
  }
  const pool = createThreadPool(threads)
  const never = new AbortController().signal
  const open = new Set<OpenEnvelope>()
  let envelopes = 0
  return {
    async open(source, ciphertextLength, keyAndContext, options) {
      const signal = options?.signal ?? never
      const opened = await openEnvelope(pool, envelopes++, source, ciphertextLength, keyAndContext, signal)
      const close = async (): Promise<void> => {
        open.delete(envelope)
        await opened.close()
      }
      const envelope = { ...opened, close }
      open.add(envelope)
      return envelope
    },
    seal: (source, keyAndContext) => sealInThreads(pool, envelopes++, source, keyAndContext),
    async close() {
      await Promise.all([...open].map((envelope) => envelope.close()))
      await pool.close()
    },
  }
}
