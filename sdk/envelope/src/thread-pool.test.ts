import { beginEnvelope, envelopeLayout, seal } from '@reinraum/crypto'
import { describe, expect, test } from 'vitest'
import { createEnvelopeThreads } from './index.ts'
import { openEnvelope } from './open-envelope.ts'
import { sealInThreads } from './seal.ts'
import { drain, message, sameBytes, sourceOf } from './test-support/bytes.ts'
import { createThreadPool } from './thread-pool.ts'

const { chunkLength } = envelopeLayout
const options = { key: message(32, 1), context: message(20, 2) }
const plaintext = message(300 * chunkLength + 5)
const sealed = seal(plaintext, options)
const mortal = new URL('./test-support/mortal-thread.ts', import.meta.url)
/** Chunk 192 is where such a thread dies. */
const deadly = 192
const died = { name: 'ReinraumError', code: 'internal', message: 'a thread ended in its work' }
const never = new AbortController().signal

test('a thread that dies is an error of what it did, and another one takes its place', async () => {
  const pool = createThreadPool(2, mortal)
  const envelope = await openEnvelope(pool, 1, sourceOf(sealed), sealed.length, options, never)
  const memory = new SharedArrayBuffer(plaintext.length)
  await expect(envelope.unsealInto(memory, [{ offset: 0, length: plaintext.length }])).rejects.toMatchObject(died)
  // In other batches, so that nobody dies again; the new thread gets the keys anew.
  const [first, rest] = [
    { offset: 0, length: (deadly - 1) * chunkLength },
    { offset: (deadly - 1) * chunkLength, length: 100 * chunkLength },
  ]
  await Promise.all([envelope.unsealInto(memory, [first]), envelope.unsealInto(memory, [rest])])
  const length = (deadly + 99) * chunkLength
  expect(sameBytes(new Uint8Array(memory, 0, length), plaintext.subarray(0, length))).toBe(true)
  await envelope.close()
  await pool.close()
})

test('a thread that dies while it seals ends the stream with an error', async () => {
  const pool = createThreadPool(2, mortal)
  await expect(drain(sealInThreads(pool, 1, [plaintext], options))).rejects.toMatchObject(died)
  await pool.close()
})

test('threads that cannot start are an error, not a wait', async () => {
  const pool = createThreadPool(2, new URL('./no-such-file.ts', import.meta.url))
  await expect(drain(sealInThreads(pool, 1, [plaintext], options))).rejects.toMatchObject(died)
  await pool.close()
})

describe('a thread', () => {
  const job = (envelope: number) =>
    ({
      kind: 'seal',
      envelope,
      first: 0,
      plaintext: new ArrayBuffer(10),
      length: 10,
      last: true,
      into: new ArrayBuffer(26),
    }) as const

  test('holds the keys of an envelope until it is to forget them', async () => {
    const pool = createThreadPool(1)
    const { keys } = beginEnvelope(options)
    await pool.run(job(1), keys)
    keys.key.fill(0)
    // It does not need the caller's any more: these would seal otherwise.
    const again = await pool.run(job(1), keys)
    expect(again.sealed).toEqual((await pool.run(job(1), beginEnvelope(options).keys)).sealed)
    await pool.forget(1)
    expect((await pool.run(job(1), keys)).sealed).not.toEqual(again.sealed)
    await pool.close()
  })

  test('does nothing more of a job once its call was told to stop', async () => {
    const pool = createThreadPool(1)
    const { keys } = beginEnvelope(options)
    const stop = new Int32Array(new SharedArrayBuffer(4)).fill(1)
    const target = { into: new SharedArrayBuffer(chunkLength), from: 0 }
    const bytes = new ArrayBuffer(envelopeLayout.sealedChunkLength)
    const stopped = {
      kind: 'unseal',
      envelope: 1,
      parts: [{ first: 0, length: bytes.byteLength }],
      ciphertext: { bytes },
      target,
      stop,
    } as const
    // These bytes would not open.
    await expect(pool.run(stopped, keys)).resolves.toBeDefined()
    stop.fill(0)
    await expect(pool.run(stopped, keys)).rejects.toMatchObject({ code: 'decryption-failed' })
    await pool.close()
  })
})

test('closed threads do nothing, and closing them ends what is open', async () => {
  const threads = createEnvelopeThreads({ threads: 2 })
  const envelope = await threads.open(sourceOf(sealed), sealed.length, options)
  const silent = {
    async *read() {
      await new Promise(() => {})
    },
  }
  const hanging = expect(
    threads.open(silent, sealed.length, options, { signal: AbortSignal.abort(new Error('enough')) }),
  ).rejects.toThrow('enough')
  await threads.close()
  await hanging
  const closed = { name: 'ReinraumError', code: 'unavailable' }
  await expect(envelope.read(0, 1)).rejects.toMatchObject(closed)
  await expect(envelope.unsealInto(new SharedArrayBuffer(plaintext.length), [])).rejects.toMatchObject(closed)
  await expect(threads.open(sourceOf(sealed), sealed.length, options)).rejects.toMatchObject(closed)
  await expect(drain(threads.seal([plaintext], options))).rejects.toMatchObject(closed)
})

test('a number of threads that is none is refused', () => {
  for (const threads of [0, -1, 0.5, Number.NaN, 65]) {
    expect(() => createEnvelopeThreads({ threads })).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  }
})
