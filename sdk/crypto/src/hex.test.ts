import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex } from './hex.ts'

test('writes lower-case hexadecimal and reads it back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
      expect(fromHex(toHex(bytes))).toEqual(bytes)
    }),
  )
})

test.each(['0', '0g', 'AB', '0x00', ' 00', '00\n', '٠٠'])('refuses %j', (text) => {
  expect(() => fromHex(text)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
})
