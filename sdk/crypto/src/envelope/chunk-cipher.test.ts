import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../bytes.ts'
import { fromHex } from '../hex.ts'
import { message } from '../test-support/streams.ts'
import { wycheproofCases } from '../test-support/wycheproof.ts'
import { defaultChunkCipher } from './default-chunk-cipher.ts'
import { maxChunks } from './format.ts'
import { chunkNonces } from './key-schedule.ts'
import { nobleChunkCipher } from './noble-chunk-cipher.ts'

const cases = wycheproofCases('aes_gcm_test.json').filter(
  ({ keySize, ivSize, aad }) => keySize === 256 && ivSize === 96 && aad === '',
)
const ciphers = { 'node:crypto': defaultChunkCipher, '@noble/ciphers': nobleChunkCipher }
const commitment = new Uint8Array(32)

describe.each(Object.entries(ciphers))('AES-256-GCM of %s', (_, cipher) => {
  test.runIf(cases.length > 0)('agrees with every vector of its parameters', () => {
    for (const one of cases) {
      const chunk = cipher({ key: fromHex(one.key ?? ''), baseNonce: fromHex(one.iv ?? ''), commitment })
      const expected = fromHex(one.msg ?? '')
      const sealed = concatBytes(fromHex(one.ct ?? ''), fromHex(one.tag ?? ''))
      const opened = new Uint8Array(expected.length)
      expect(chunk.open(0, sealed, opened), `case ${one.tcId}`).toBe(one.result === 'valid')
      expect(opened).toEqual(one.result === 'valid' ? expected : new Uint8Array(expected.length))
      const own = chunk.openNew(0, sealed)
      expect(own === undefined ? undefined : new Uint8Array(own)).toEqual(one.result === 'valid' ? expected : undefined)
      if (own !== undefined) chunk.free(own)
      if (one.result !== 'valid') continue
      const again = new Uint8Array(sealed.length)
      chunk.seal(0, expected, again)
      expect(again).toEqual(sealed)
    }
  })

  test('writes nothing of a chunk that is not authentic', () => {
    const chunk = cipher({ key: message(32), baseNonce: message(12), commitment })
    const sealed = new Uint8Array(116)
    chunk.seal(3, message(100), sealed)
    sealed[115] = (sealed[115] ?? 0) ^ 1
    const opened = new Uint8Array(100).fill(7)
    expect(chunk.open(3, sealed, opened)).toBe(false)
    expect(opened).toEqual(new Uint8Array(100).fill(7))
  })

  test('keeps its own copy of the key and the nonce', () => {
    const keys = { key: message(32), baseNonce: message(12), commitment }
    const chunk = cipher(keys)
    const before = new Uint8Array(26)
    chunk.seal(1, message(10), before)
    keys.key.fill(0)
    keys.baseNonce.fill(0)
    const after = new Uint8Array(26)
    chunk.seal(1, message(10), after)
    expect(after).toEqual(before)
  })
})

test('both implementations write the same bytes for any chunk', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const anyChunk = fc.record({
    key: bytes(32),
    baseNonce: bytes(12),
    plaintext: fc.uint8Array({ maxLength: 5000 }),
    index: fc.nat(2 ** 31 - 1).map((low) => low * 128),
  })
  fc.assert(
    fc.property(anyChunk, ({ key, baseNonce, plaintext, index }) => {
      const [openssl, noble] = [new Uint8Array(plaintext.length + 16), new Uint8Array(plaintext.length + 16)]
      defaultChunkCipher({ key, baseNonce, commitment }).seal(index, plaintext, openssl)
      nobleChunkCipher({ key, baseNonce, commitment }).seal(index, plaintext, noble)
      expect(noble).toEqual(openssl)
      const opened = new Uint8Array(plaintext.length)
      expect(nobleChunkCipher({ key, baseNonce, commitment }).open(index, openssl, opened)).toBe(true)
      expect(opened).toEqual(plaintext)
    }),
  )
})

test('the nonce is the base nonce XOR the index as a big-endian integer of up to 38 bits', () => {
  const nonceOf = chunkNonces(fromHex('ff'.repeat(12)))
  expect(nonceOf(0)).toEqual(fromHex('ff'.repeat(12)))
  expect(nonceOf(1)).toEqual(fromHex(`${'ff'.repeat(11)}fe`))
  expect(nonceOf(0x01_0203_0405)).toEqual(fromHex(`${'ff'.repeat(7)}fefdfcfbfa`))
  expect(nonceOf(maxChunks - 1)).toEqual(fromHex(`${'ff'.repeat(7)}c000000000`))
})

test('no nonce is given past the last chunk of the specification', () => {
  expect(() => chunkNonces(new Uint8Array(12))(maxChunks)).toThrow('too many chunks')
})
