import { open } from 'node:fs/promises'
import { decryptionFailed, ReinraumError, requireBytes } from '@reinraum/crypto'

/** Ciphertext that someone else holds: the bytes of a range, in order, in pieces of any length. */
export interface RangeSource {
  /** The pieces may be reused by the source once it is asked for the next one. */
  read(offset: number, length: number, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** Ciphertext in a file of this machine, which the threads read themselves. */
export interface LocalFile {
  readonly file: string
}

export type CiphertextSource = RangeSource | LocalFile

/** A source that is open. */
export interface OpenSource extends RangeSource {
  /** of a local file */
  readonly fd: number | undefined
  close(): Promise<void>
}

/** Throws `not-found` where there is no such file, as a store would; `unreadable-input` where it cannot be opened or is none. */
export async function openSource(source: CiphertextSource): Promise<OpenSource> {
  if ('read' in source) {
    return { fd: undefined, read: (offset, length, signal) => source.read(offset, length, signal), close: async () => {} }
  }
  const handle = await open(source.file, 'r').catch((cause: NodeJS.ErrnoException) => {
    const code = cause.code === 'ENOENT' ? 'not-found' : 'unreadable-input'
    throw new ReinraumError(code, 'the ciphertext cannot be opened', { cause })
  })
  if (!(await handle.stat()).isFile()) {
    await handle.close()
    throw new ReinraumError('unreadable-input', 'the ciphertext is no file')
  }
  return {
    fd: handle.fd,
    async *read(offset, length) {
      const bytes = new Uint8Array(length)
      for (let filled = 0; filled < length; ) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled)
        if (bytesRead === 0) throw decryptionFailed()
        filled += bytesRead
      }
      yield bytes
    },
    close: () => handle.close(),
  }
}

/** Exactly `length` bytes of a source. Throws `decryption-failed` where it has fewer or gives more. */
export async function readExactly(source: RangeSource, offset: number, length: number, signal: AbortSignal) {
  const bytes = new Uint8Array(length)
  const range = readRange(source, offset, length, signal)
  try {
    await range.fill(bytes)
    await range.end()
  } finally {
    range.close()
  }
  return bytes
}

/** One range of a source, read into buffers of the caller. */
export interface RangeReader {
  /** Fills `target` with what comes next. Throws `decryption-failed` where the source ends before. */
  fill(target: Uint8Array): Promise<void>
  /** Throws `decryption-failed` where the source gives more than it was asked for. */
  end(): Promise<void>
  close(): void
}

/** An aborted signal ends every wait at once, also on a source that does not heed it. */
export function readRange(source: RangeSource, offset: number, length: number, signal: AbortSignal): RangeReader {
  signal.throwIfAborted()
  const pieces = source.read(offset, length, signal)[Symbol.asyncIterator]()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => {})
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort)
  let rest: Uint8Array = new Uint8Array(0)
  let ended = false

  const next = async (): Promise<boolean> => {
    while (rest.length === 0 && !ended) {
      const { done, value } = await Promise.race([pieces.next(), aborted])
      ended = done === true
      if (ended) break
      requireBytes(value)
      rest = value
    }
    return rest.length > 0
  }

  return {
    async fill(target) {
      for (let filled = 0; filled < target.length; ) {
        if (!(await next())) throw decryptionFailed()
        const part = rest.subarray(0, target.length - filled)
        target.set(part, filled)
        rest = rest.subarray(part.length)
        filled += part.length
      }
    },
    async end() {
      if (await next()) throw decryptionFailed()
    },
    close() {
      signal.removeEventListener('abort', abort)
      // Not waited for: it may be the very thing that does not answer. It touches nothing of the caller's.
      if (!ended) void pieces.return?.().catch(() => {})
    },
  }
}
