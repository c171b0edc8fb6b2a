import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../bytes.ts'
import { drain, inPieces, message, sameBytes } from '../test-support/streams.ts'
import { batchChunks } from './batch.ts'
import { chunkLength, headerLength, saltLength, sealedChunkLength, sealedLength } from './format.ts'
import { nobleChunkCipher } from './noble-chunk-cipher.ts'
import { seal, sealStream, sealStreamWith, sealWith } from './seal.ts'
import { unseal, unsealStream, unsealStreamWith, unsealWith } from './unseal.ts'

const options = { key: message(32, 1), context: message(32, 2) }
const refusal = { name: 'ReinraumError', code: 'decryption-failed' }

/** Lengths around the boundaries of chunks and of batches, and some between. */
const anyLength = fc.oneof(
  fc.nat(300),
  fc
    .record({ chunks: fc.nat(3), by: fc.integer({ min: -17, max: 17 }) })
    .map(({ chunks, by }) => Math.max(0, chunks * chunkLength + by)),
  fc.integer({ min: -1, max: 1 }).map((by) => batchChunks * chunkLength + by),
)
const anyCuts = fc.array(fc.oneof(fc.nat(100), fc.nat(20_000), fc.constantFrom(0, 16_384, 16_400, 100_000)), { maxLength: 6 })

describe('a message comes back as it was', () => {
  test('whatever its length and however either side is cut', async () => {
    await fc.assert(
      fc.asyncProperty(anyLength, anyCuts, anyCuts, async (length, plainCuts, sealedCuts) => {
        const plaintext = message(length)
        const sealed = await drain(sealStream(inPieces(plaintext, plainCuts), options))
        expect(sealed.error).toBeUndefined()
        expect(sealed.bytes.length).toBe(sealedLength(length))
        const opened = await drain(unsealStream(inPieces(sealed.bytes, sealedCuts), options))
        expect(opened.error).toBeUndefined()
        expect(sameBytes(opened.bytes, plaintext)).toBe(true)
        expect(sameBytes(unseal(sealed.bytes, options), plaintext)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('with the same bytes at once and as a stream, from OpenSSL and from JavaScript', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40_000), anyCuts, fc.uint8Array({ maxLength: 40 }), async (length, cuts, context) => {
        const [plaintext, salt, bound] = [message(length), message(saltLength, length), { key: options.key, context }]
        const sealed = sealWith(plaintext, bound, { salt })
        for (const internals of [{ salt }, { salt, cipher: nobleChunkCipher }]) {
          expect(sameBytes(sealWith(plaintext, bound, internals), sealed)).toBe(true)
          const streamed = await drain(sealStreamWith(inPieces(plaintext, cuts), bound, internals))
          expect(sameBytes(streamed.bytes, sealed)).toBe(true)
          expect(sameBytes(unsealWith(sealed, bound, internals), plaintext)).toBe(true)
          const opened = await drain(unsealStreamWith(inPieces(sealed, cuts), bound, internals))
          expect(sameBytes(opened.bytes, plaintext)).toBe(true)
        }
      }),
      { numRuns: 20 },
    )
  })

  test('never twice in the same ciphertext', () => {
    expect(seal(message(10), options)).not.toEqual(seal(message(10), options))
  })
})

/** What an attacker who sees and carries every byte can do to it. */
type Attack = (sealed: Uint8Array, chunk: (index: number) => Uint8Array) => Uint8Array
const anyAttack: fc.Arbitrary<Attack> = fc.oneof(
  // A bit flipped anywhere, salt, commitment and tags included.
  fc
    .record({ place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), bit: fc.nat(7) })
    .map(({ place, bit }) => (sealed: Uint8Array) => {
      const changed = sealed.slice()
      const at = Math.floor(place * changed.length)
      changed[at] = (changed[at] ?? 0) ^ (1 << bit)
      return changed
    }),
  fc.nat(headerLength - 1).map((at) => (sealed: Uint8Array) => sealed.with(at, (sealed[at] ?? 0) ^ 0x80)),
  // Cut anywhere; cut at the end of a chunk, which leaves only whole chunks.
  fc
    .double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    .map((place) => (sealed: Uint8Array) => sealed.slice(0, Math.floor(place * sealed.length))),
  fc
    .nat(3)
    .map(
      (chunks) => (sealed: Uint8Array) => sealed.slice(0, Math.min(sealed.length - 1, headerLength + chunks * sealedChunkLength)),
    ),
  // Longer by bytes; longer by chunks that are valid elsewhere.
  fc.uint8Array({ minLength: 1, maxLength: 20_000 }).map((more) => (sealed: Uint8Array) => concatBytes(sealed, more)),
  fc.constant<Attack>((sealed, chunk) => concatBytes(sealed, chunk(0))),
  // Chunks exchanged, repeated, left out.
  fc.constant<Attack>((sealed, chunk) =>
    concatBytes(sealed.slice(0, headerLength), chunk(1), chunk(0), sealed.slice(headerLength + 2 * sealedChunkLength)),
  ),
  fc.constant<Attack>((sealed, chunk) =>
    concatBytes(sealed.slice(0, headerLength), chunk(0), chunk(0), sealed.slice(headerLength + 2 * sealedChunkLength)),
  ),
  fc.constant<Attack>((sealed, chunk) =>
    concatBytes(sealed.slice(0, headerLength), chunk(1), sealed.slice(headerLength + 2 * sealedChunkLength)),
  ),
)

describe('a ciphertext that was touched is refused, and no byte that was not sealed ever comes out', () => {
  test('whatever was done to it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2 * chunkLength, max: 20 * chunkLength }),
        anyAttack,
        anyCuts,
        async (length, attack, cuts) => {
          const plaintext = message(length)
          const sealed = seal(plaintext, options)
          const start = (index: number) => headerLength + index * sealedChunkLength
          const touched = attack(sealed, (index) => sealed.slice(start(index), start(index + 1)))
          expect(sameBytes(touched, sealed)).toBe(false)
          expect(() => unseal(touched, options)).toThrow(expect.objectContaining(refusal))
          const { bytes, error } = await drain(unsealStream(inPieces(touched, cuts), options))
          expect(error).toMatchObject(refusal)
          expect(sameBytes(bytes, plaintext.subarray(0, bytes.length))).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('with chunks of another message under the same key and context', async () => {
    const [one, other] = [seal(message(40_000, 1), options), seal(message(40_000, 2), options)]
    const mixed = concatBytes(one.slice(0, headerLength + sealedChunkLength), other.slice(headerLength + sealedChunkLength))
    expect((await drain(unsealStream([mixed], options))).error).toMatchObject(refusal)
    expect(() => unseal(mixed, options)).toThrow(expect.objectContaining(refusal))
  })

  test('with another key or another context, before the first chunk is looked at', async () => {
    const sealed = seal(message(20_000), options)
    const wrongs = [
      { key: message(32, 9), context: options.context },
      { key: options.key, context: message(32, 9) },
      { key: options.key, context: message(31, 2) },
      { key: options.key, context: new Uint8Array(0) },
    ]
    for (const wrong of wrongs) {
      expect(() => unseal(sealed, wrong)).toThrow(expect.objectContaining(refusal))
      const cipher = () => {
        throw new Error('a chunk was about to be opened')
      }
      const { bytes, error } = await drain(unsealStreamWith([sealed], wrong, { cipher }))
      expect(error).toMatchObject(refusal)
      expect(bytes).toHaveLength(0)
    }
  })

  test('yet what came before the damage, and was whole, came out', async () => {
    const plaintext = message(40 * chunkLength)
    const sealed = seal(plaintext, options)
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1
    const { bytes, error } = await drain(unsealStream([sealed], options))
    expect(error).toMatchObject(refusal)
    expect(bytes.length).toBe(2 * batchChunks * chunkLength)
    expect(sameBytes(bytes, plaintext.subarray(0, bytes.length))).toBe(true)
  })
})

describe('a stream', () => {
  test('reads no further ahead than it must', async () => {
    let pulled = 0
    function* endless(): Generator<Uint8Array> {
      for (;;) {
        pulled += 1
        yield message(chunkLength, pulled)
      }
    }
    const sealed = sealStream(endless(), options)
    await sealed.next()
    expect(pulled).toBe(0)
    await sealed.next()
    expect(pulled).toBe(batchChunks)
    await sealed.return(undefined)
  })

  test('closes its source when its consumer stops early or when it refuses', async () => {
    const closed: string[] = []
    async function* source(name: string, bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield bytes
      } finally {
        closed.push(name)
      }
    }
    let pieces = 0
    for await (const _ of sealStream(source('sealing', message(100_000)), options)) {
      pieces += 1
      if (pieces === 3) break
    }
    await drain(unsealStream(source('unsealing', message(100_000)), options))
    expect(closed).toEqual(['sealing', 'unsealing'])
  })

  test('ends with the error of its source', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield seal(message(40_000), options).subarray(0, 30_000)
      throw new Error('the disk is gone')
    }
    expect((await drain(sealStream(broken(), options))).error).toMatchObject({ message: 'the disk is gone' })
    expect((await drain(unsealStream(broken(), options))).error).toMatchObject({ message: 'the disk is gone' })
  })

  test('may be fed from one buffer that is used again, and hands over buffers that are not', async () => {
    const shared = new Uint8Array(50_000)
    function* reusing(bytes: Uint8Array): Generator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += shared.length) {
        const part = bytes.subarray(at, at + shared.length)
        shared.set(part)
        yield shared.subarray(0, part.length)
        shared.fill(0)
      }
    }
    const plaintext = message(700_000)
    const sealed = await drain(sealStream(reusing(plaintext), options))
    const opened = await drain(unsealStream(reusing(sealed.bytes), options))
    expect(sameBytes(opened.bytes, plaintext)).toBe(true)
  })

  test('keeps working when the caller zeroises its key at once', async () => {
    const given = { key: options.key.slice(), context: options.context }
    const sealing = sealStream([message(10)], given)
    given.key.fill(0)
    const { bytes: sealed } = await drain(sealing)
    const again = { key: options.key.slice(), context: options.context }
    const unsealing = unsealStream([sealed], again)
    again.key.fill(0)
    expect((await drain(unsealing)).bytes).toEqual(message(10))
  })

  test('refuses a source of something other than bytes', async () => {
    const source = ['text'] as unknown as Uint8Array[]
    const refused = { name: 'ReinraumError', code: 'invalid-argument' }
    expect((await drain(sealStream(source, options))).error).toMatchObject(refused)
    expect((await drain(unsealStream(source, options))).error).toMatchObject(refused)
  })
})

test('a key of another size and a context without bounds are refused at the call', () => {
  const refused = expect.objectContaining({ code: 'invalid-argument' })
  const wrongs = [0, 16, 31, 33, 64].map((length) => ({ key: message(length), context: options.context }))
  for (const wrong of [...wrongs, { key: options.key, context: new Uint8Array(65_537) }]) {
    expect(() => sealStream([], wrong)).toThrow(refused)
    expect(() => unsealStream([], wrong)).toThrow(refused)
    expect(() => seal(message(1), wrong)).toThrow(refused)
    expect(() => unseal(message(100), wrong)).toThrow(refused)
  }
})
