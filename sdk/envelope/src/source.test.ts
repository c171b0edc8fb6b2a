import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { envelopeLayout, seal } from '@reinraum/crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEnvelopeThreads, type EnvelopeThreads, type OpenEnvelope, type RangeSource } from './index.ts'
import { message, sameBytes, sourceOf } from './test-support/bytes.ts'

const { chunkLength, headerLength, sealedChunkLength } = envelopeLayout
const options = { key: message(32, 1), context: message(20, 2) }
const plaintext = message(1600 * chunkLength + 5)
const sealed = seal(plaintext, options)
const whole = [{ offset: 0, length: plaintext.length }]
const refusal = { name: 'ReinraumError', code: 'decryption-failed' }

const folder = mkdtempSync('/dev/shm/reinraum-envelope-')
let threads: EnvelopeThreads
beforeAll(() => {
  threads = createEnvelopeThreads({ threads: 2 })
})
afterAll(async () => {
  await threads.close()
  rmSync(folder, { recursive: true })
})

/** A source that is honest until the test changes how it reads. */
async function opened(): Promise<{ envelope: OpenEnvelope; behave: (read: RangeSource['read']) => void }> {
  let read: RangeSource['read'] = sourceOf(sealed).read
  const envelope = await threads.open({ read: (...range) => read(...range) }, sealed.length, options)
  return {
    envelope,
    behave: (other) => {
      read = other
    },
  }
}
const { read: honest } = sourceOf(sealed)

describe('a source', () => {
  test('is asked for each chunk once, in requests of at most 8 MiB, of which four are open', async () => {
    const { envelope, behave } = await opened()
    const asked: [number, number][] = []
    let open = 0
    let mostOpen = 0
    behave(async function* (offset, length, signal) {
      asked.push([offset, length])
      open += 1
      mostOpen = Math.max(mostOpen, open)
      yield* honest(offset, length, signal)
      open -= 1
    })
    const memory = new SharedArrayBuffer(plaintext.length)
    await envelope.unsealInto(memory, [...whole, { offset: 70_000, length: 5_000_000 }])
    expect(sameBytes(new Uint8Array(memory), plaintext)).toBe(true)
    asked.sort(([a], [b]) => a - b)
    let at = headerLength
    for (const [offset, length] of asked) {
      expect(offset).toBe(at)
      expect(length).toBeLessThanOrEqual(512 * sealedChunkLength)
      at += length
    }
    expect(at).toBe(sealed.length)
    expect(mostOpen).toBe(4)
    await envelope.close()
  })

  test('is asked only for the chunks that the ranges lie in, and once for neighbours', async () => {
    const source = sourceOf(sealed)
    const envelope = await threads.open(source, sealed.length, options)
    source.asked.length = 0
    const at = (chunk: number, length: number) => ({ offset: chunk * chunkLength, length })
    await envelope.unsealInto(new SharedArrayBuffer(plaintext.length), [at(9, 1), at(5, 1), at(6, chunkLength + 1)])
    expect(source.asked).toEqual([
      [headerLength + 5 * sealedChunkLength, 3 * sealedChunkLength],
      [headerLength + 9 * sealedChunkLength, sealedChunkLength],
    ])
    await envelope.close()
  })

  test('that gives less or more than it was asked for is refused', async () => {
    const { envelope, behave } = await opened()
    for (const by of [-1, 1, -70_000]) {
      behave((offset, length, signal) => honest(offset, length + by, signal))
      await expect(envelope.unsealInto(new SharedArrayBuffer(plaintext.length), whole)).rejects.toMatchObject(refusal)
      await expect(envelope.read(100_000, 10)).rejects.toMatchObject(refusal)
    }
    await envelope.close()
  })

  test('that fails ends everything with its error, and what it was still asked for is ended too', async () => {
    const { envelope, behave } = await opened()
    let ended = 0
    behave(async function* (offset, length, signal) {
      if (offset > 10_000_000) throw new Error('the bucket is gone')
      yield sealed.subarray(offset, offset + 10)
      // The others wait for ever, unless they are told.
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      ended += 1
      yield sealed.subarray(offset + 10, offset + length)
    })
    await expect(envelope.unsealInto(new SharedArrayBuffer(plaintext.length), whole)).rejects.toThrow('the bucket is gone')
    expect(ended).toBeGreaterThan(0)
    await envelope.close()
  })

  test('that never answers is left when the signal is aborted, and at close', async () => {
    const { envelope, behave } = await opened()
    // Does not heed the signal.
    behave(async function* () {
      yield new Uint8Array(5)
      await new Promise(() => {})
    })
    const abort = new AbortController()
    const into = new SharedArrayBuffer(plaintext.length)
    const waits = [envelope.unsealInto(into, whole, { signal: abort.signal }), envelope.read(0, 1, { signal: abort.signal })]
    const left = waits.map((waiting) => expect(waiting).rejects.toThrow('enough'))
    setImmediate(() => abort.abort(new Error('enough')))
    await Promise.all(left)
    expect(sameBytes(new Uint8Array(into), new Uint8Array(plaintext.length))).toBe(true)
    const open = expect(envelope.read(0, 1)).rejects.toMatchObject({ code: 'unavailable' })
    await envelope.close()
    await open
  })

  test('is asked for nothing more after an abort', async () => {
    const { envelope, behave } = await opened()
    const abort = new AbortController()
    let asked = 0
    behave((offset, length, signal) => {
      asked += 1
      if (asked === 2) abort.abort(new Error('enough'))
      return honest(offset, length, signal)
    })
    const into = new SharedArrayBuffer(plaintext.length)
    await expect(envelope.unsealInto(into, whole, { signal: abort.signal })).rejects.toThrow('enough')
    expect(asked).toBe(2)
    await envelope.close()
  })
})

describe('a local file', () => {
  const file = join(folder, 'sealed')
  const open = () => {
    writeFileSync(file, sealed)
    return threads.open({ file }, sealed.length, options)
  }

  test('that is cut after it was opened is refused', async () => {
    const envelope = await open()
    truncateSync(file, sealed.length - 100 * sealedChunkLength)
    await expect(envelope.unsealInto(new SharedArrayBuffer(plaintext.length), whole)).rejects.toMatchObject(refusal)
    await envelope.close()
  })

  test.each([
    ['is not there', 'nothing', 'not-found'],
    ['is a folder', '.', 'unreadable-input'],
    ['lies in no folder', 'sealed/nothing', 'unreadable-input'],
  ])('that %s cannot be opened', async (_, name, code) => {
    writeFileSync(file, sealed)
    await expect(threads.open({ file: join(folder, name) }, sealed.length, options)).rejects.toMatchObject({ code })
  })

  test('is written nowhere any more once an abort was answered', async () => {
    const envelope = await open()
    const target = join(folder, 'plain')
    const fd = openSync(target, 'w+')
    const abort = new AbortController()
    const unsealing = envelope.unsealInto(fd, whole, { signal: abort.signal })
    while (readFileSync(target).length === 0) await new Promise((resolve) => setImmediate(resolve))
    abort.abort(new Error('enough'))
    await expect(unsealing).rejects.toThrow('enough')
    const then = readFileSync(target)
    await envelope.close()
    closeSync(fd)
    expect(sameBytes(readFileSync(target), then)).toBe(true)
  })

  test('does not go onto a device that is full, nor into a file that is not open for writing', async () => {
    const envelope = await open()
    const fd = openSync('/dev/full', 'w')
    await expect(envelope.unsealInto(fd, whole)).rejects.toMatchObject({
      code: 'storage-full',
      message: 'no room left for the plaintext',
    })
    closeSync(fd)
    const readable = openSync(file, 'r')
    await expect(envelope.unsealInto(readable, whole)).rejects.toMatchObject({ code: 'internal' })
    closeSync(readable)
    await envelope.close()
  })
})

test('ranges that are not inside, and memory that is too short, are refused before anything is read', async () => {
  const source = sourceOf(sealed)
  const envelope = await threads.open(source, sealed.length, options)
  source.asked.length = 0
  const refused = { name: 'ReinraumError', code: 'invalid-argument' }
  const into = new SharedArrayBuffer(plaintext.length)
  for (const [offset, length] of [
    [-1, 1],
    [0, -1],
    [0.5, 1],
    [0, Number.NaN],
    [0, plaintext.length + 1],
    [2 ** 53, 0],
  ] as const) {
    await expect(envelope.read(offset, length)).rejects.toMatchObject(refused)
    await expect(envelope.unsealInto(into, [...whole, { offset, length }])).rejects.toMatchObject(refused)
  }
  await expect(envelope.unsealInto(new SharedArrayBuffer(plaintext.length - 1), whole)).rejects.toMatchObject(refused)
  expect(source.asked).toEqual([])
  await envelope.close()
})
