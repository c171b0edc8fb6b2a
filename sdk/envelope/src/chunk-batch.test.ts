import { beginEnvelope, chunkCipher, envelopeLayout } from '@reinraum/crypto'
import { expect, test } from 'vitest'
import { openApart, openBatch, openedLength, sealBatch } from './chunk-batch.ts'
import { message, sameBytes } from './test-support/bytes.ts'

const { chunkLength, sealedChunkLength } = envelopeLayout
const cipher = chunkCipher(beginEnvelope({ key: message(32, 1), context: message(20, 2) }).keys)
const plaintext = message(2 * chunkLength + 100)
const sealed = sealBatch(cipher, 7, plaintext, true, new ArrayBuffer(plaintext.length + 100))

test('a batch opens where it was sealed', () => {
  const opened = new Uint8Array(openedLength(sealed.length))
  openBatch(cipher, 7, sealed, opened)
  expect(sameBytes(opened, plaintext)).toBe(true)
  expect(() => openBatch(cipher, 6, sealed, opened)).toThrow(expect.objectContaining({ code: 'decryption-failed' }))
})

test('chunks are lent all at once, or none of them', () => {
  const lent: number[] = []
  const use = (opened: readonly Uint8Array[]) => {
    expect(sameBytes(Buffer.concat(opened), plaintext)).toBe(true)
    lent.push(...opened.map(({ length }) => length))
  }
  openApart(cipher, 7, sealed, use)
  expect(lent).toEqual([chunkLength, chunkLength, 100])
  for (const touched of [sealed.with(sealed.length - 1, (sealed.at(-1) ?? 0) ^ 1), sealed.subarray(0, 5)]) {
    expect(() => openApart(cipher, 7, touched, use)).toThrow(expect.objectContaining({ code: 'decryption-failed' }))
  }
  expect(lent).toHaveLength(3)
})

test('one chunk that does not open leaves nothing of the batch', () => {
  for (const at of [5, sealedChunkLength + 5, sealed.length - 1]) {
    const opened = new Uint8Array(plaintext.length).fill(7)
    const touched = sealed.with(at, (sealed[at] ?? 0) ^ 1)
    expect(() => openBatch(cipher, 7, touched, opened)).toThrow(expect.objectContaining({ code: 'decryption-failed' }))
    expect(sameBytes(opened, new Uint8Array(plaintext.length))).toBe(true)
  }
  expect(() => openBatch(cipher, 7, sealed.subarray(0, 5), new Uint8Array(0))).toThrow(
    expect.objectContaining({ code: 'decryption-failed' }),
  )
})
