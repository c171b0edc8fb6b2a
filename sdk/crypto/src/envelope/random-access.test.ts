import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { message, sameBytes } from '../test-support/streams.ts'
import { chunkLength, headerLength, sealedChunkLength } from './format.ts'
import { openRandomAccess } from './random-access.ts'
import { seal } from './seal.ts'

const options = { key: message(32, 1), context: message(32, 2) }
const plaintext = message(70 * chunkLength + 123)
const sealed = seal(plaintext, options)
const refusal = { name: 'ReinraumError', code: 'decryption-failed' }

const readerOf = (bytes: Uint8Array) => async (offset: number, length: number) => bytes.subarray(offset, offset + length)
const open = (bytes: Uint8Array, length = bytes.length) => openRandomAccess(readerOf(bytes), length, options)

describe('random access', () => {
  test('reads any range as the slice of the plaintext that it is', async () => {
    const opened = await open(sealed)
    expect(opened.plaintextLength).toBe(plaintext.length)
    const boundary = fc
      .record({ chunk: fc.nat(70), by: fc.integer({ min: -2, max: 2 }) })
      .map(({ chunk, by }) => Math.max(0, chunk * chunkLength + by))
    const place = fc.oneof(fc.nat(plaintext.length), boundary, fc.constantFrom(0, plaintext.length))
    await fc.assert(
      fc.asyncProperty(place, place, async (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)]
        expect(sameBytes(await opened.read(from, to - from), plaintext.subarray(from, to))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('reads messages of every awkward length', async () => {
    for (const length of [0, 1, chunkLength - 1, chunkLength, chunkLength + 1, 2 * chunkLength]) {
      const opened = await open(seal(plaintext.subarray(0, length), options))
      expect(opened.plaintextLength).toBe(length)
      expect(sameBytes(await opened.read(0, length), plaintext.subarray(0, length))).toBe(true)
    }
  })

  test('asks only for the chunks that the range lies in', async () => {
    const asked: [number, number][] = []
    const reader = async (offset: number, length: number) => {
      asked.push([offset, length])
      return sealed.subarray(offset, offset + length)
    }
    const opened = await openRandomAccess(reader, sealed.length, options)
    asked.length = 0
    await opened.read(5 * chunkLength + 10, chunkLength)
    expect(asked).toEqual([[headerLength + 5 * sealedChunkLength, 2 * sealedChunkLength]])
  })

  test('serves several reads at a time', async () => {
    const opened = await open(sealed)
    const ranges = Array.from({ length: 20 }, (_, index) => index * 50_000)
    const parts = await Promise.all(ranges.map((offset) => opened.read(offset, 60_000)))
    for (const [index, part] of parts.entries()) {
      expect(sameBytes(part, plaintext.subarray(index * 50_000, index * 50_000 + 60_000))).toBe(true)
    }
  })

  test('refuses ranges that are not inside the plaintext', async () => {
    const opened = await open(sealed)
    const outside = [
      [-1, 1],
      [0, -1],
      [0.5, 1],
      [0, Number.NaN],
      [0, plaintext.length + 1],
      [plaintext.length, 1],
      [2 ** 53, 0],
    ] as const
    for (const [offset, length] of outside) {
      await expect(opened.read(offset, length)).rejects.toMatchObject({ code: 'invalid-argument' })
    }
  })

  test('refuses a chunk that was changed or exchanged, and still reads the others', async () => {
    const touched = sealed.slice()
    const [one, other] = [headerLength + 3 * sealedChunkLength, headerLength + 4 * sealedChunkLength]
    touched.set(sealed.subarray(one, one + sealedChunkLength), other)
    touched[one + 7] = (touched[one + 7] ?? 0) ^ 1
    const opened = await open(touched)
    for (const chunk of [3, 4]) await expect(opened.read(chunk * chunkLength + 9, 1)).rejects.toMatchObject(refusal)
    await expect(opened.read(0, plaintext.length)).rejects.toMatchObject(refusal)
    expect(await opened.read(5 * chunkLength, 10)).toEqual(plaintext.slice(5 * chunkLength, 5 * chunkLength + 10))
  })

  test('opens no message that was made shorter or longer', async () => {
    for (let length = 0; length < sealed.length; length += 9_973)
      await expect(open(sealed.slice(0, length))).rejects.toMatchObject(refusal)
    await expect(open(sealed.slice(0, headerLength + 9 * sealedChunkLength))).rejects.toMatchObject(refusal)
    for (const more of [1, 16, sealedChunkLength]) {
      const longer = new Uint8Array(sealed.length + more)
      longer.set(sealed)
      await expect(open(longer)).rejects.toMatchObject(refusal)
    }
    // The reader has all of it, but the length is claimed wrongly.
    await expect(open(sealed, sealed.length - 1)).rejects.toMatchObject(refusal)
    await expect(open(sealed, sealed.length - sealedChunkLength)).rejects.toMatchObject(refusal)
  })

  test('opens with no other key, context or commitment', async () => {
    const wrongs = [
      { ...options, key: message(32, 8) },
      { ...options, context: message(32, 8) },
    ]
    for (const wrong of wrongs)
      await expect(openRandomAccess(readerOf(sealed), sealed.length, wrong)).rejects.toMatchObject(refusal)
    await expect(open(sealed.with(40, (sealed[40] ?? 0) ^ 1))).rejects.toMatchObject(refusal)
    await expect(openRandomAccess(readerOf(sealed), sealed.length, { ...options, key: message(16) })).rejects.toMatchObject({
      code: 'invalid-argument',
    })
  })

  test('refuses a reader that gives less or more than it was asked for', async () => {
    for (const by of [-1, 1]) {
      const reader = async (offset: number, length: number) => sealed.subarray(offset, offset + length + by)
      await expect(openRandomAccess(reader, sealed.length, options)).rejects.toMatchObject(refusal)
      let surplus = 0
      const later = async (offset: number, length: number) => sealed.subarray(offset, offset + length + surplus)
      const opened = await openRandomAccess(later, sealed.length, options)
      surplus = by
      await expect(opened.read(5 * chunkLength, 10)).rejects.toMatchObject(refusal)
    }
  })
})
