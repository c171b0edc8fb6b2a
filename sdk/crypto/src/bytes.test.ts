import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes, constantTimeEqual, fromUtf8, randomBytes, utf8, zeroise } from './bytes.ts'

const refused = expect.objectContaining({ name: 'ReinraumError', code: 'invalid-argument' })

test('text survives UTF-8, byte order marks included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(fromUtf8(utf8(text))).toBe(text)
    }),
  )
  expect(fromUtf8(utf8('\ufeffa'))).toBe('\ufeffa')
})

test('text that UTF-8 cannot carry is refused, not replaced', () => {
  for (const text of ['\ud800', 'a\udfffb', '\udc00\ud800']) expect(() => utf8(text)).toThrow(refused)
})

test('bytes that are not UTF-8 are refused, not replaced', () => {
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    expect(() => fromUtf8(Uint8Array.from(bytes))).toThrow(refused)
  }
})

test('joins byte strings in order', () => {
  expect(concatBytes(Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3))).toEqual(Uint8Array.of(1, 2, 3))
  expect(concatBytes()).toHaveLength(0)
})

test('random bytes come in any number and never the same', () => {
  expect(randomBytes(0)).toHaveLength(0)
  expect(randomBytes(32)).not.toEqual(randomBytes(32))
  const many = randomBytes(200_001)
  expect(many).toHaveLength(200_001)
  // Every call to the generator filled its part.
  for (const at of [65_536, 131_072, 196_608]) expect(many.subarray(at, at + 32).some((byte) => byte !== 0)).toBe(true)
  for (const length of [-1, 1.5, Number.NaN]) expect(() => randomBytes(length)).toThrow(refused)
})

test('compares by content, every byte of it', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 70 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (bytes, at, change) => {
        const other = bytes.slice()
        expect(constantTimeEqual(bytes, other)).toBe(true)
        const place = at % bytes.length
        other[place] = (other[place] ?? 0) ^ change
        expect(constantTimeEqual(bytes, other)).toBe(false)
        expect(constantTimeEqual(bytes, bytes.subarray(1))).toBe(false)
      },
    ),
  )
})

test('zeroises every secret it is given', () => {
  const secrets = [randomBytes(32), randomBytes(7)]
  zeroise(...secrets)
  expect(secrets).toEqual([new Uint8Array(32), new Uint8Array(7)])
})
