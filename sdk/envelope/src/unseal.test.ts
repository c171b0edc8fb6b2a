import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { envelopeLayout, seal } from '@reinraum/crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ByteRange, CiphertextSource, EnvelopeThreads } from './index.ts'
import { createEnvelopeThreads } from './index.ts'
import { message, sameBytes, sourceOf } from './test-support/bytes.ts'

const { chunkLength, headerLength, sealedChunkLength } = envelopeLayout
const options = { key: message(32, 1), context: message(20, 2) }
const plaintext = message(400 * chunkLength + 123)
const sealed = seal(plaintext, options)
const refusal = { name: 'ReinraumError', code: 'decryption-failed' }

const folder = mkdtempSync('/dev/shm/reinraum-envelope-')
const file = join(folder, 'sealed')
let threads: EnvelopeThreads
beforeAll(() => {
  writeFileSync(file, sealed)
  threads = createEnvelopeThreads({ threads: 2 })
})
afterAll(async () => {
  await threads.close()
  rmSync(folder, { recursive: true })
})

const fileOf = (bytes: Uint8Array) => {
  const path = join(folder, 'touched')
  writeFileSync(path, bytes)
  return { file: path }
}
const kinds: Record<string, (bytes: Uint8Array) => CiphertextSource> = {
  'a local file': fileOf,
  'a source': (bytes) => sourceOf(bytes),
}

/** What the ranges leave in a file that was as long as the plaintext, and empty. */
async function unsealed(source: CiphertextSource, ranges: readonly ByteRange[], length = sealed.length) {
  const target = join(folder, 'plain')
  const fd = openSync(target, 'w+')
  const envelope = await threads.open(source, length, options)
  ftruncateSync(fd, envelope.plaintextLength)
  let error: unknown
  await envelope.unsealInto(fd, ranges).catch((cause) => {
    error = cause
  })
  await envelope.close()
  closeSync(fd)
  return { bytes: readFileSync(target), blocks: statSync(target).blocks * 512, error }
}

/** The plaintext where the chunks of these ranges are, and zeros elsewhere. */
function onlyChunksOf(ranges: readonly ByteRange[]): Uint8Array {
  const expected = new Uint8Array(plaintext.length)
  for (const { offset, length } of ranges) {
    if (length === 0) continue
    const first = Math.floor(offset / chunkLength) * chunkLength
    const end = Math.ceil((offset + length) / chunkLength) * chunkLength
    expected.set(plaintext.subarray(first, end), first)
  }
  return expected
}

describe.each(Object.entries(kinds))('unsealing from %s', (_, sourceFor) => {
  test('gives the whole message, in a file and in memory', async () => {
    const whole = [{ offset: 0, length: plaintext.length }]
    const { bytes, error } = await unsealed(sourceFor(sealed), whole)
    expect(error).toBeUndefined()
    expect(sameBytes(bytes, plaintext)).toBe(true)
    const envelope = await threads.open(sourceFor(sealed), sealed.length, options)
    const memory = new SharedArrayBuffer(plaintext.length)
    await envelope.unsealInto(memory, whole)
    expect(sameBytes(new Uint8Array(memory), plaintext)).toBe(true)
    await envelope.close()
  })

  test('writes the chunks that hold the ranges, and leaves holes elsewhere', async () => {
    const at = (chunk: number, by: number, length: number) => ({ offset: chunk * chunkLength + by, length })
    const cases = [
      [],
      [at(5, 0, 0)],
      [at(9, 3, 1)],
      [at(3, -1, 2), at(300, 0, chunkLength), at(3, 0, 50), at(4, 0, 1)],
      [at(100, 5, 100 * chunkLength), at(150, 7, 100 * chunkLength)],
      [at(0, 0, 1), at(400, 122, 1)],
    ]
    for (const ranges of cases) {
      const { bytes, blocks, error } = await unsealed(sourceFor(sealed), ranges)
      expect(error).toBeUndefined()
      const expected = onlyChunksOf(ranges)
      expect(sameBytes(bytes, expected)).toBe(true)
      if (ranges.length < 3) expect(blocks).toBeLessThan(plaintext.length / 2)
    }
  })

  test('opens messages of every awkward length', async () => {
    for (const length of [0, 1, chunkLength - 1, chunkLength, chunkLength + 1, 64 * chunkLength, 64 * chunkLength - 1]) {
      const short = seal(plaintext.subarray(0, length), options)
      const { bytes, error } = await unsealed(sourceFor(short), [{ offset: 0, length }], short.length)
      expect(error).toBeUndefined()
      expect(sameBytes(bytes, plaintext.subarray(0, length))).toBe(true)
    }
  })

  test('reads a range on its own', async () => {
    const envelope = await threads.open(sourceFor(sealed), sealed.length, options)
    for (const [offset, length] of [
      [0, 0],
      [16_383, 2],
      [plaintext.length - 8, 8],
      [5, 3_000_000],
    ] as const) {
      expect(sameBytes(await envelope.read(offset, length), plaintext.subarray(offset, offset + length))).toBe(true)
    }
    await envelope.close()
  })

  test('refuses a chunk that was changed, and leaves nothing of it', async () => {
    const touched = sealed.slice()
    const place = headerLength + 222 * sealedChunkLength + 7
    touched[place] = (touched[place] ?? 0) ^ 1
    const { bytes, error } = await unsealed(sourceFor(touched), [{ offset: 0, length: plaintext.length }])
    expect(error).toMatchObject(refusal)
    expect(sameBytes(bytes.subarray(222 * chunkLength, 223 * chunkLength), new Uint8Array(chunkLength))).toBe(true)
    // Whatever was written is of this plaintext, in its place.
    for (let at = 0; at < bytes.length; at += chunkLength) {
      const chunk = bytes.subarray(at, at + chunkLength)
      const isWritten = !sameBytes(chunk, new Uint8Array(chunk.length))
      if (isWritten) expect(sameBytes(chunk, plaintext.subarray(at, at + chunkLength))).toBe(true)
    }
  })

  test('refuses chunks in each other’s place', async () => {
    const touched = sealed.slice()
    const [one, other] = [headerLength + 3 * sealedChunkLength, headerLength + 4 * sealedChunkLength]
    touched.set(sealed.subarray(other, other + sealedChunkLength), one)
    touched.set(sealed.subarray(one, one + sealedChunkLength), other)
    for (const chunk of [3, 4]) {
      const { bytes, error } = await unsealed(sourceFor(touched), [{ offset: chunk * chunkLength, length: 1 }])
      expect(error).toMatchObject(refusal)
      expect(sameBytes(bytes, new Uint8Array(plaintext.length))).toBe(true)
    }
  })

  test('opens nothing whose length, commitment, key or context is not what was sealed', async () => {
    const open = (bytes: Uint8Array, length = bytes.length, own = options) => threads.open(sourceFor(bytes), length, own)
    const commitment = sealed.with(40, (sealed[40] ?? 0) ^ 1)
    await expect(open(commitment)).rejects.toMatchObject(refusal)
    await expect(open(sealed, sealed.length, { ...options, key: message(32, 9) })).rejects.toMatchObject(refusal)
    await expect(open(sealed, sealed.length, { ...options, context: message(20, 9) })).rejects.toMatchObject(refusal)
    for (const by of [1, 16, sealedChunkLength]) {
      await expect(open(sealed, sealed.length - by)).rejects.toMatchObject(refusal)
      await expect(open(sealed.subarray(0, sealed.length - by), sealed.length)).rejects.toMatchObject(refusal)
      await expect(open(sealed, sealed.length + by)).rejects.toMatchObject(refusal)
    }
    await expect(open(sealed, 71)).rejects.toMatchObject(refusal)
  })
})
