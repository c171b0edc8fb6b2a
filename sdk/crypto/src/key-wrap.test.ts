import { aeskwp } from '@noble/ciphers/aes.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex } from './hex.ts'
import { unwrapKey, wrapKey } from './key-wrap.ts'
import { message } from './test-support/streams.ts'
import { wycheproofCases } from './test-support/wycheproof.ts'

const cases = wycheproofCases('aes_kwp_test.json').filter(({ keySize }) => keySize === 256)
const refused = expect.objectContaining({ name: 'ReinraumError', code: 'decryption-failed' })

test.runIf(cases.length > 0)('agrees with every vector of AES-256-KWP', () => {
  for (const one of cases) {
    const [kek, key, wrapped] = [fromHex(one.key ?? ''), fromHex(one.msg ?? ''), fromHex(one.ct ?? '')]
    if (one.result === 'valid') {
      expect(wrapKey(kek, key), `case ${one.tcId}`).toEqual(wrapped)
      expect(unwrapKey(kek, wrapped), `case ${one.tcId}`).toEqual(key)
    } else expect(() => unwrapKey(kek, wrapped), `case ${one.tcId}`).toThrow(refused)
  }
})

test('a wrapped key opens under its key-encryption key only, and whole', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 100 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (key, at, change) => {
        const kek = message(32, 1)
        const wrapped = wrapKey(kek, key)
        expect(unwrapKey(kek, wrapped)).toEqual(key)
        expect(() => unwrapKey(message(32, 2), wrapped)).toThrow(refused)
        expect(() => unwrapKey(kek, wrapped.slice(0, -8))).toThrow(refused)
        const place = at % wrapped.length
        expect(() => unwrapKey(kek, wrapped.with(place, (wrapped[place] ?? 0) ^ change))).toThrow(refused)
      },
    ),
  )
})

test('what cannot be a wrapped key is refused, whatever its length', () => {
  for (const length of [0, 1, 8, 15, 16, 17, 24, 16_393, 100_000]) {
    expect(() => unwrapKey(message(32), new Uint8Array(length))).toThrow(refused)
  }
  expect(() => unwrapKey(message(32), aeskwp(message(32)).encrypt(message(17_000)))).toThrow(refused)
})

test('a key-encryption key has 256 bits, and there is something to wrap', () => {
  const wrong = expect.objectContaining({ code: 'invalid-argument' })
  for (const length of [0, 16, 24, 31, 33]) {
    expect(() => wrapKey(new Uint8Array(length), message(32))).toThrow(wrong)
    expect(() => unwrapKey(new Uint8Array(length), message(40))).toThrow(wrong)
  }
  for (const length of [0, 16_385]) expect(() => wrapKey(message(32), new Uint8Array(length))).toThrow(wrong)
})
