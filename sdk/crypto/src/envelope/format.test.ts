import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxChunks, sealedLength, unsealedLength } from './format.ts'

const maxLength = maxChunks * 16_384 - 1

test('an envelope of every length says how much it holds', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.nat(100_000),
        fc.maxSafeNat().filter((length) => length <= maxLength),
      ),
      (length) => {
        expect(unsealedLength(sealedLength(length))).toBe(length)
      },
    ),
  )
  expect([0, 1, 16_383, 16_384, 16_385].map(sealedLength)).toEqual([72, 73, 16_455, 16_472, 16_473])
})

test('a length that no envelope has is refused', () => {
  const sealed = new Set(Array.from({ length: 40_000 }, (_, length) => sealedLength(length)))
  for (let length = 0; length < 33_000; length += 1) {
    if (sealed.has(length)) expect(unsealedLength(length)).toBeLessThan(length)
    else expect(() => unsealedLength(length), String(length)).toThrow(expect.objectContaining({ code: 'decryption-failed' }))
  }
  for (const length of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER]) {
    expect(() => unsealedLength(length)).toThrow(expect.objectContaining({ code: 'decryption-failed' }))
  }
})

test('what is no length, or more than the specification allows, cannot be sealed', () => {
  expect(unsealedLength(sealedLength(maxLength))).toBe(maxLength)
  for (const length of [-1, 0.5, Number.NaN, maxLength + 1, Number.POSITIVE_INFINITY]) {
    expect(() => sealedLength(length)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  }
})
