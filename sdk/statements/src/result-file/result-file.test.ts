import { concatBytes, randomBytes, utf8 } from '@reinraum/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readResultFile, resultFileFormat, writeResultFile } from './result-file.ts'
import { sizeClassOf } from './size-class.ts'

async function* pieces(bytes: Uint8Array, size = 1000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function written(parquet: Uint8Array, rowCount = 3, length = parquet.length): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const piece of writeResultFile(pieces(parquet), { rowCount, length })) parts.push(piece)
  return concatBytes(...parts)
}

async function opened(file: Uint8Array, size?: number) {
  const parts: Uint8Array[] = []
  const content = await readResultFile(pieces(file, size), async (piece) => parts.push(piece))
  return { ...content, parquet: concatBytes(...parts) }
}

describe('a result file', () => {
  it('gives back what was written, in whatever pieces it comes', async () => {
    for (const length of [0, 1, 4000, 4057, 4058, 70_000]) {
      const parquet = randomBytes(length)
      for (const size of [7, 1000, 100_000]) {
        expect(await opened(await written(parquet), size)).toEqual({ rowCount: 3, length, parquet })
      }
    }
  })

  it('has one length for every result of a size class, also for none', async () => {
    const lengths = await Promise.all([0, 1, 800, 3000, 4050].map(async (n) => (await written(randomBytes(n), n)).length))
    expect(new Set(lengths)).toEqual(new Set([4096]))
  })

  it.each<[string, (file: Uint8Array) => Uint8Array]>([
    [
      'of another format',
      (file) => concatBytes(utf8(resultFileFormat.replace('1', '2')), file.subarray(resultFileFormat.length)),
    ],
    ['without all of its padding', (file) => file.subarray(0, -1)],
    ['with more padding', (file) => concatBytes(file, new Uint8Array(1))],
    ['with something in its padding', (file) => file.with(file.length - 1, 1)],
    ['that ends in its header', (file) => file.subarray(0, 30)],
    ['that is empty', () => new Uint8Array()],
    ['that says less than it holds', (file) => file.with(resultFileFormat.length + 14, 0)],
    ['of an impossible length', (file) => file.with(resultFileFormat.length + 8, 255)],
  ])('is refused %s', async (_, change) => {
    await expect(opened(change(await written(randomBytes(900))))).rejects.toMatchObject({ code: 'receipt-invalid' })
  })

  it('is not written of another length than was said', async () => {
    await expect(written(randomBytes(10), 1, 11)).rejects.toMatchObject({ code: 'internal' })
  })
})

describe('a size class', () => {
  it('is one of few: a power of two, or one of three steps to the next', () => {
    expect([0, 4096, 4097, 5121, 8192, 8193, 1_000_000].map(sizeClassOf)).toEqual([
      4096, 4096, 5120, 6144, 8192, 10_240, 1_048_576,
    ])
  })

  it('is never less than the length, never a quarter more, and grows with it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4096, max: 2 ** 45 }), (length) => {
        const padded = sizeClassOf(length)
        expect(padded >= length && padded <= length * 1.25 && sizeClassOf(padded) === padded).toBe(true)
        expect(padded >= sizeClassOf(length - 1)).toBe(true)
      }),
    )
  })
})
