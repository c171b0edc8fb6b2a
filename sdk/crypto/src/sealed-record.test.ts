import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8 } from './bytes.ts'
import { fromHex } from './hex.ts'
import { openRecord, recordSuiteOf, recordSuites, sealRecord } from './sealed-record.ts'
import { message } from './test-support/streams.ts'

const refused = expect.objectContaining({ name: 'ReinraumError', code: 'decryption-failed' })

// RFC 8452 appendix C.2: 8 bytes of plaintext, nonce in front as we store it.
test('opens the record of RFC 8452', () => {
  const key = fromHex(`01${'00'.repeat(31)}`)
  const record = fromHex('030000000000000000000000c2ef328e5c71c83b843122130f7364b761e0b97427e3df28')
  expect(openRecord(key, record, new Uint8Array(0))).toEqual(fromHex('0100000000000000'))
})

// draft-irtf-cfrg-xchacha-03 appendix A.3.1; the nonce in front as we store it.
test('opens the record of the XChaCha20-Poly1305 draft', () => {
  const key = fromHex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
  const record = fromHex(
    '404142434445464748494a4b4c4d4e4f5051525354555657' +
      'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb' +
      '731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452' +
      '2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9' +
      '21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49',
  )
  const plaintext = utf8(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  )
  expect(openRecord(key, record, fromHex('50515253c0c1c2c3c4c5c6c7'), 'XChaCha20-Poly1305')).toEqual(plaintext)
})

test.each(recordSuites)('a record sealed with %s opens under its key, for its place, and whole', (suite) => {
  const anyBytes = fc.uint8Array({ maxLength: 80 })
  fc.assert(
    fc.property(anyBytes, anyBytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (plaintext, aad, at, change) => {
      const key = message(32, 1)
      const record = sealRecord(key, plaintext, aad, suite)
      expect(openRecord(key, record, aad, suite)).toEqual(plaintext)
      expect(() => openRecord(message(32, 2), record, aad, suite)).toThrow(refused)
      expect(() => openRecord(key, record, utf8('another place'), suite)).toThrow(refused)
      expect(() => openRecord(key, record.slice(0, -1), aad, suite)).toThrow(refused)
      const place = at % record.length
      expect(() => openRecord(key, record.with(place, (record[place] ?? 0) ^ change), aad, suite)).toThrow(refused)
    }),
  )
})

test('a record opens with no other suite, and a suite that nobody knows is refused', () => {
  for (const [suite, other] of [recordSuites, recordSuites.toReversed()] as (typeof recordSuites)[]) {
    const record = sealRecord(message(32), message(32), message(1), suite)
    expect(() => openRecord(message(32), record, message(1), other)).toThrow(refused)
    expect(recordSuiteOf(suite)).toBe(suite)
  }
  for (const name of ['', 'aes-256-gcm-siv', 'toString']) {
    expect(() => recordSuiteOf(name)).toThrow(expect.objectContaining({ code: 'suite-unsupported' }))
  }
})

test('what cannot be a record is refused, and so is a key of another size', () => {
  for (const length of [0, 11, 12, 27]) expect(() => openRecord(message(32), new Uint8Array(length), message(1))).toThrow(refused)
  for (const length of [0, 16, 33]) {
    const wrong = expect.objectContaining({ code: 'invalid-argument' })
    expect(() => sealRecord(new Uint8Array(length), message(1), message(1))).toThrow(wrong)
    expect(() => openRecord(new Uint8Array(length), message(40), message(1))).toThrow(wrong)
  }
})
