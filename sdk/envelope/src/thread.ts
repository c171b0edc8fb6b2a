import { readSync, writeSync, writevSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort } from 'node:worker_threads'
import {
  type ChunkCipher,
  chunkCipher,
  decryptionFailed,
  envelopeLayout,
  isReinraumError,
  type MessageKeys,
  ReinraumError,
  zeroise,
} from '@reinraum/crypto'
import { openApart, openBatch, openedLength, sealBatch } from './chunk-batch.ts'
import type { JobResult, Reply, Request, SealJob, UnsealJob } from './job.ts'

// What runs in a worker thread: it holds the ciphers of open envelopes and a buffer that every batch of a file goes through.

const { chunkLength, headerLength, sealedChunkLength } = envelopeLayout
/** 256 KiB: ciphertext and plaintext of a batch stay in the core's own cache between reading, opening and writing. */
const batchChunks = 16

const port = parentPort
if (port === null) throw new Error('this file is the program of a worker thread')
const ciphers = new Map<number, ChunkCipher>()
const sealedBatch = new Uint8Array(batchChunks * sealedChunkLength)
const collectGarbage = garbageCollector()
/** How long the key of a closed envelope may still be in memory. */
const collectAfterMs = 5000

port.on('message', (request: Request) => {
  if (request === 'close') {
    ciphers.clear()
    port.close()
    return
  }
  const { id, job, keys } = request
  try {
    if (keys !== undefined) ciphers.set(job.envelope, takeKeys(keys))
    const result = run(job)
    const { spare, sealed } = result
    port.postMessage(
      { id, result } satisfies Reply,
      [spare, sealed?.buffer].filter((buffer) => buffer !== undefined),
    )
  } catch (error) {
    port.postMessage({ id, ...failureOf(error) } satisfies Reply)
  }
})

function run(job: Exclude<Request, 'close'>['job']): JobResult {
  switch (job.kind) {
    case 'unseal':
      return unsealAll(job, cipherOf(job.envelope))
    case 'seal':
      return sealChunks(job, cipherOf(job.envelope))
    case 'forget':
      ciphers.delete(job.envelope)
      collectLater()
      return {}
  }
}

/** The bytes are this thread's only copy. Behind a cipher they are OpenSSL's, which clears them when the cipher is collected. */
function takeKeys(keys: MessageKeys): ChunkCipher {
  const cipher = chunkCipher(keys)
  zeroise(keys.key, keys.baseNonce)
  return cipher
}

let isCollecting = false

/** There is no other way to free a key at a given moment. It takes some ten milliseconds, for which no run is to wait. */
function collectLater(): void {
  if (isCollecting) return
  isCollecting = true
  setTimeout(() => {
    isCollecting = false
    collectGarbage()
  }, collectAfterMs).unref()
}

function garbageCollector(): () => void {
  // The flag is the whole process's: taken back here, it would be missing in a thread that starts at the same time.
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

function cipherOf(envelope: number): ChunkCipher {
  const cipher = ciphers.get(envelope)
  if (cipher === undefined) throw new ReinraumError('internal', 'the thread holds no keys of this envelope')
  return cipher
}

function unsealAll({ ciphertext, target, parts, stop }: UnsealJob, cipher: ChunkCipher): JobResult {
  const { into } = target
  for (const part of parts) {
    for (let at = 0; at < part.length; at += sealedBatch.length) {
      if (Atomics.load(stop, 0) !== 0) break
      const first = part.first + at / sealedChunkLength
      const size = Math.min(sealedBatch.length, part.length - at)
      const sealed = 'fd' in ciphertext ? readBatch(ciphertext.fd, first, size) : new Uint8Array(ciphertext.bytes, at, size)
      const offset = first * chunkLength - target.from
      if (typeof into === 'number') openApart(cipher, first, sealed, (opened) => writeAll(into, opened, offset))
      else openBatch(cipher, first, sealed, new Uint8Array(into, offset, openedLength(size)))
    }
  }
  return 'bytes' in ciphertext ? { spare: ciphertext.bytes } : {}
}

function readBatch(fd: number, first: number, length: number): Uint8Array {
  const offset = headerLength + first * sealedChunkLength
  for (let filled = 0; filled < length; ) {
    const read = readSync(fd, sealedBatch, filled, length - filled, offset + filled)
    // The file is shorter than it was said to be.
    if (read === 0) throw decryptionFailed()
    filled += read
  }
  return sealedBatch.subarray(0, length)
}

function writeAll(fd: number, opened: readonly Uint8Array[], offset: number): void {
  const written = writevSync(fd, opened, offset)
  // A write may be cut short; what is missing then comes piece by piece.
  let from = 0
  for (const piece of opened) {
    for (let at = Math.min(Math.max(written - from, 0), piece.length); at < piece.length; ) {
      at += writeSync(fd, piece, at, piece.length - at, offset + from + at)
    }
    from += piece.length
  }
}

function sealChunks(job: SealJob, cipher: ChunkCipher): JobResult {
  const sealed = sealBatch(cipher, job.first, new Uint8Array(job.plaintext, 0, job.length), job.last, job.into)
  return { sealed, spare: job.plaintext }
}

function failureOf(error: unknown): { readonly failure: ReinraumError['code']; readonly system?: string } {
  if (isReinraumError(error)) return { failure: error.code }
  const code = (error as { readonly code?: unknown } | null)?.code
  return typeof code === 'string' ? { failure: systemFailure(code), system: code } : { failure: 'internal' }
}

/** EFBIG: the limit on a file's size that the system sets (setrlimit(2)) instead of the end of the disk. */
function systemFailure(code: string): ReinraumError['code'] {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code) ? 'storage-full' : 'internal'
}
