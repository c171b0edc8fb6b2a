import { aeskwp } from '@noble/ciphers/aes.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes, utf8 } from './bytes.ts'
import { sha256 } from './hash.ts'
import { fromHex } from './hex.ts'
import { openRecord, recordSuiteOf, recordSuites, sealRecord } from './sealed-record.ts'
import { message } from './test-support/streams.ts'

const refused = expect.objectContaining({ name: 'ReinraumError', code: 'decryption-failed' })

// The construction, made by hand: the digest of the place and the secret, wrapped by another implementation.
test('a record is the wrapped secret behind the digest of its place', () => {
  const [key, place] = [message(32, 1), utf8('place')]
  const record = aeskwp(key).encrypt(concatBytes(sha256(place), utf8('secret')))
  expect(sealRecord(key, utf8('secret'), place)).toEqual(record)
  expect(openRecord(key, record, place)).toEqual(utf8('secret'))
  expect(() => openRecord(key, aeskwp(key).encrypt(sha256(place).subarray(1)), place)).toThrow(refused)
})

// RFC 8439 §2.8.2; the nonce in front as we store it.
test('opens the record of RFC 8439', () => {
  const key = fromHex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
  const record = fromHex(
    '070000004041424344454647' +
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
      '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
      '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
      '3ff4def08e4b7a9de576d26586cec64b6116' +
      '1ae10b594f09e26a7e902ecbd0600691',
  )
  const plaintext = utf8(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  )
  expect(openRecord(key, record, fromHex('50515253c0c1c2c3c4c5c6c7'), 'ChaCha20-Poly1305')).toEqual(plaintext)
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
  for (const length of [0, 11, 16, 24, 27, 40])
    expect(() => openRecord(message(32), new Uint8Array(length), message(1))).toThrow(refused)
  for (const length of [0, 16, 33]) {
    const wrong = expect.objectContaining({ code: 'invalid-argument' })
    expect(() => sealRecord(new Uint8Array(length), message(1), message(1))).toThrow(wrong)
    expect(() => openRecord(new Uint8Array(length), message(40), message(1))).toThrow(wrong)
  }
})
