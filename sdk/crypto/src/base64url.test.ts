import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase64url, toBase64url } from './base64url.ts'

const refused = expect.objectContaining({ name: 'ReinraumError', code: 'invalid-argument' })

test('writes what RFC 4648 writes, and reads it back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = toBase64url(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64url'))
      expect(fromBase64url(text)).toEqual(bytes)
    }),
  )
})

test('reads a text only if it is the one text of its bytes', () => {
  const nearlyBase64url = fc.string({ unit: fc.constantFrom(...'AQgw_-+/= \n0z', 'Ā', 'é', '𝔸'), maxLength: 12 })
  fc.assert(
    fc.property(nearlyBase64url, (text) => {
      let bytes: Uint8Array
      try {
        bytes = fromBase64url(text)
      } catch (error) {
        expect(error).toEqual(refused)
        return
      }
      expect(toBase64url(bytes)).toBe(text)
    }),
    { numRuns: 2000 },
  )
})

test.each(['A', 'AAAAA', 'AA==', 'AAA=', 'AB', 'AAB', 'AA+A', 'AA/A', 'AA A', 'AA\n', 'AĀA', '\0\0'])('refuses %j', (text) => {
  expect(() => fromBase64url(text)).toThrow(refused)
})
