import { inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { sha512 } from '../hash.ts'
import { fromHex, toHex } from '../hex.ts'
import { drain, inPieces, sameBytes } from '../test-support/streams.ts'
import { type VectorCase, wycheproofCases } from '../test-support/wycheproof.ts'
import { defaultChunkCipher } from './default-chunk-cipher.ts'
import { saltLength } from './format.ts'
import { nobleChunkCipher } from './noble-chunk-cipher.ts'
import { openRandomAccessWith } from './random-access.ts'
import { sealWith } from './seal.ts'
import { unsealStreamWith, unsealWith } from './unseal.ts'

const cases = wycheproofCases('c2sp_chunked_encryption_aes_256_gcm_test.json')
const ciphers = { 'node:crypto': defaultChunkCipher, '@noble/ciphers': nobleChunkCipher }

/** The file compresses the ciphertexts. */
function read(one: VectorCase) {
  const ciphertext = new Uint8Array(inflateSync(fromHex(one.ct ?? '')))
  return { ciphertext, options: { key: fromHex(one.key ?? ''), context: fromHex(one.ctx ?? '') } }
}

/** `valid`, or `invalid` for a refusal with the code that belongs to it; any other error is an error of the test. */
async function outcome(one: VectorCase, open: () => unknown): Promise<string> {
  try {
    await open()
    return 'valid'
  } catch (error) {
    const code = one.flags.includes('InvalidKeySize') ? 'invalid-argument' : 'decryption-failed'
    expect(error).toMatchObject({ name: 'ReinraumError', code })
    return 'invalid'
  }
}

describe.each(Object.entries(ciphers))('C2SP chunked encryption, Cobblestone-256, with %s', (_, cipher) => {
  test.runIf(cases.length > 0)('every vector opens or is refused at once', async () => {
    expect(cases).toHaveLength(35)
    for (const one of cases) {
      const { ciphertext, options } = read(one)
      const result = await outcome(one, () => {
        const plaintext = unsealWith(ciphertext, options, { cipher })
        expect([plaintext.length, toHex(sha512(plaintext))]).toEqual([one.msgLength, one.msgSha512])
      })
      expect(result, `case ${one.tcId}`).toBe(one.result)
    }
  })

  test.runIf(cases.length > 0)('every vector opens or is refused as a stream, however it is cut', async () => {
    for (const one of cases) {
      const { ciphertext, options } = read(one)
      const long = ciphertext.length > 1_000_000
      for (const cuts of long ? [[65_536], [16_399, 2]] : [[], [0], [55, 0, 2], [16_400], [16_455], [10_000, 6_400]]) {
        const result = await outcome(one, async () => {
          const { bytes, error } = await drain(unsealStreamWith(inPieces(ciphertext, cuts), options, { cipher }))
          // Whatever came out before a refusal belongs to the valid start that the file names.
          expect(bytes.length).toBeLessThanOrEqual(one.msgLength ?? 0)
          if (bytes.length === one.msgLength) expect(toHex(sha512(bytes))).toBe(one.msgSha512)
          if (error !== undefined) throw error
          expect(bytes.length).toBe(one.msgLength)
        })
        expect(result, `case ${one.tcId}`).toBe(one.result)
      }
    }
  })

  test.runIf(cases.length > 0)('every vector opens or is refused at random access', async () => {
    for (const one of cases) {
      const { ciphertext, options } = read(one)
      const readCiphertext = async (at: number, length: number) => ciphertext.subarray(at, at + length)
      const open = () => openRandomAccessWith(readCiphertext, ciphertext.length, options, { cipher })
      const result = await outcome(one, async () => {
        const opened = await open()
        const plaintext = await opened.read(0, opened.plaintextLength)
        expect([plaintext.length, toHex(sha512(plaintext))]).toEqual([one.msgLength, one.msgSha512])
      })
      expect(result, `case ${one.tcId}`).toBe(one.result)
      // The last chunk authenticates the length: opening alone succeeds only where the file says that it may.
      const lengthMayPass = one.result === 'valid' || one.flags.includes('ValidFinalChunk')
      expect(await outcome(one, open), `case ${one.tcId}`).toBe(lengthMayPass ? 'valid' : 'invalid')
    }
  })

  test.runIf(cases.length > 0)('sealing a valid vector again with its salt gives its ciphertext', () => {
    for (const one of cases.filter(({ result }) => result === 'valid')) {
      const { ciphertext, options } = read(one)
      const salt = ciphertext.slice(0, saltLength)
      const plaintext = unsealWith(ciphertext, options, { cipher })
      expect(sameBytes(sealWith(plaintext, options, { salt, cipher }), ciphertext), `case ${one.tcId}`).toBe(true)
    }
  })
})
