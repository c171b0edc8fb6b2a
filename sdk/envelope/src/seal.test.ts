import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { envelopeLayout, randomBytes, sealedLength, unseal, unsealStream } from '@reinraum/crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEnvelopeThreads, type EnvelopeThreads } from './index.ts'
import { drain, inPieces, message, sameBytes } from './test-support/bytes.ts'

const { chunkLength } = envelopeLayout
const batch = 64 * chunkLength
const options = { key: message(32, 1), context: message(20, 2) }
const plaintext = message(10 * batch + 5 * chunkLength + 17)

let threads: EnvelopeThreads
beforeAll(() => {
  threads = createEnvelopeThreads({ threads: 2 })
})
afterAll(() => threads.close())

test('what threads seal, opens as every other envelope, whatever its length and however it came', async () => {
  const lengths = [0, 1, chunkLength - 1, chunkLength, batch - 1, batch, batch + 1, 2 * batch, plaintext.length]
  for (const length of lengths) {
    for (const cut of [batch, 100_003]) {
      const sealed = await drain(threads.seal(inPieces(plaintext.subarray(0, length), cut), options))
      expect(sealed.length).toBe(sealedLength(length))
      expect(sameBytes(unseal(sealed, options), plaintext.subarray(0, length))).toBe(true)
    }
  }
  const streamed = unsealStream(threads.seal([plaintext], options), options)
  expect(sameBytes(await drain(streamed), plaintext)).toBe(true)
})

test('never twice in the same ciphertext', async () => {
  const [one, other] = [await drain(threads.seal([plaintext], options)), await drain(threads.seal([plaintext], options))]
  expect(sameBytes(one, other)).toBe(false)
})

test('several streams are sealed at a time, each under its own key', async () => {
  const keys = [1, 2, 3].map((seed) => ({ key: message(32, seed), context: options.context }))
  const sealed = await Promise.all(keys.map((own) => drain(threads.seal([plaintext], own))))
  for (const [index, bytes] of sealed.entries()) {
    expect(sameBytes(unseal(bytes, keys[index] ?? options), plaintext)).toBe(true)
  }
})

test('takes no more of its source than the threads have room for, and closes it when the consumer stops', async () => {
  let pulled = 0
  let closed = false
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        pulled += 1
        yield plaintext.subarray(0, batch)
      }
    } finally {
      closed = true
    }
  }
  const sealed = threads.seal(endless(), options)
  await sealed.next()
  expect(pulled).toBe(0)
  for (let pieces = 1; pieces <= 20; pieces += 1) {
    await sealed.next()
    expect(pulled - pieces).toBeLessThanOrEqual(4)
  }
  await sealed.return(undefined)
  expect(closed).toBe(true)
})

test('each piece is the consumer’s until it asks for the next, and then its memory is used again', async () => {
  const pieces: Uint8Array[] = []
  const hashOf = (piece: Uint8Array) => createHash('sha256').update(piece).digest('hex')
  for await (const piece of threads.seal([plaintext], options)) {
    const before = hashOf(piece)
    await setImmediate()
    expect(hashOf(piece)).toBe(before)
    pieces.push(piece)
  }
  // Between the header and those that were under way at the end, all that were handed over have gone back to a thread.
  expect(pieces.slice(1, 5).map(({ length }) => length)).toEqual([0, 0, 0, 0])
})

test('ends with the error of its source, and seals no end of the message', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield plaintext
    throw new Error('the disk is gone')
  }
  const pieces: Uint8Array[] = []
  const draining = async () => {
    for await (const piece of threads.seal(broken(), options)) pieces.push(piece.slice())
  }
  await expect(draining()).rejects.toThrow('the disk is gone')
  expect(() => unseal(Buffer.concat(pieces), options)).toThrow(expect.objectContaining({ code: 'decryption-failed' }))
})

test('refuses a key of another size at the call, and a source of something other than bytes', async () => {
  expect(() => threads.seal([], { ...options, key: randomBytes(16) })).toThrow(
    expect.objectContaining({ code: 'invalid-argument' }),
  )
  const text = ['text'] as unknown as Uint8Array[]
  await expect(drain(threads.seal(text, options))).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('keeps working when the caller zeroises its key at once', async () => {
  const given = { ...options, key: options.key.slice() }
  const sealing = threads.seal([plaintext], given)
  given.key.fill(0)
  expect(sameBytes(unseal(await drain(sealing), options), plaintext)).toBe(true)
})
