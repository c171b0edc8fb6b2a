import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8 } from './bytes.ts'
import { fromHex } from './hex.ts'
import { openRecord, sealRecord } from './sealed-record.ts'
import { message } from './test-support/streams.ts'

const refused = expect.objectContaining({ name: 'ReinraumError', code: 'decryption-failed' })

// RFC 8452 appendix C.2: 8 bytes of plaintext, nonce in front as we store it.
test('opens the record of RFC 8452', () => {
  const key = fromHex(`01${'00'.repeat(31)}`)
  const record = fromHex('030000000000000000000000c2ef328e5c71c83b843122130f7364b761e0b97427e3df28')
  expect(openRecord(key, record, new Uint8Array(0))).toEqual(fromHex('0100000000000000'))
})

test('a record opens under its key, for its place, and whole', () => {
  const anyBytes = fc.uint8Array({ maxLength: 80 })
  fc.assert(
    fc.property(anyBytes, anyBytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (plaintext, aad, at, change) => {
      const key = message(32, 1)
      const record = sealRecord(key, plaintext, aad)
      expect(openRecord(key, record, aad)).toEqual(plaintext)
      expect(() => openRecord(message(32, 2), record, aad)).toThrow(refused)
      expect(() => openRecord(key, record, utf8('another place'))).toThrow(refused)
      expect(() => openRecord(key, record.slice(0, -1), aad)).toThrow(refused)
      const place = at % record.length
      expect(() => openRecord(key, record.with(place, (record[place] ?? 0) ^ change), aad)).toThrow(refused)
    }),
  )
})

test('what cannot be a record is refused, and so is a key of another size', () => {
  for (const length of [0, 11, 12, 27]) expect(() => openRecord(message(32), new Uint8Array(length), message(1))).toThrow(refused)
  for (const length of [0, 16, 33]) {
    const wrong = expect.objectContaining({ code: 'invalid-argument' })
    expect(() => sealRecord(new Uint8Array(length), message(1), message(1))).toThrow(wrong)
    expect(() => openRecord(new Uint8Array(length), message(40), message(1))).toThrow(wrong)
  }
})
