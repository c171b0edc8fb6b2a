import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { footerLength, type ParquetFooter, parseFooter } from './parquet-footer.ts'
import { type Engine, startEngine } from './testing/engine.ts'
import { seededRandom } from './testing/seeded-random.ts'

let engine: Engine
let whole: Uint8Array
let start: number
let footer: Uint8Array
beforeAll(async () => {
  engine = await startEngine()
  const rows = `SELECT i, i // 7 AS j, 'text' || i % 9 AS s, [i] AS l, {'a': i, 'b': 'x'} AS t,
    i::DECIMAL(9,2) AS d, TIMESTAMP '2020-01-01' AS w FROM range(9000) t(i)`
  whole = (await engine.parquet(rows, ', ROW_GROUP_SIZE 2048')).bytes
  start = whole.length - (footerLength(whole, whole.length) ?? 0)
  footer = whole.slice(start, -8)
})
afterAll(() => engine.close())

/** Every range of it, after checking that it is before the footer. */
function rangesOf({ rowGroups }: ParquetFooter): number {
  const ranges = rowGroups.flatMap((group) => group.flatMap((chunk) => chunk.ranges))
  for (const { offset, length } of ranges) {
    const isInside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 4 && length >= 0
    if (!isInside || offset + length > start) throw new Error(`a range of ${length} at ${offset}`)
  }
  return ranges.length
}

describe('a footer', () => {
  it('says where all that is before it lies', () => {
    const parsed = parseFooter(footer, start)
    expect(parsed?.rowGroups.map((group) => group.map(({ name }) => name))).toEqual(
      Array.from({ length: 5 }, () => ['i', 'j', 's', 'l', 't', 't', 'd', 'w']),
    )
    expect(parsed?.rowGroups[0]?.map(({ isNested }) => isNested)).toEqual([false, false, false, true, true, true, false, false])
    const there = new Set<number>()
    for (const { ranges } of parsed?.rowGroups.flat() ?? []) {
      for (const { offset, length } of ranges) for (let i = 0; i < length; i += 1) there.add(offset + i)
    }
    expect(there.size).toBe(start - 4)
  })

  it('that was changed anywhere names no byte that is not before it, and is read in no time', () => {
    const random = seededRandom('footers')
    let understood = 0
    for (let round = 0; round < 1000; round += 1) {
      const changed = footer.slice(0, random.between(0, 9) === 0 ? random.between(0, footer.length) : footer.length)
      for (let i = random.between(1, 4); i > 0 && changed.length > 0; i -= 1) {
        const at = random.between(0, changed.length - 1)
        changed[at] = random.between(0, 1) === 0 ? random.between(0, 255) : (changed[at] ?? 0) ^ (1 << random.between(0, 7))
      }
      const parsed = parseFooter(changed, start)
      if (parsed !== undefined) understood += Math.min(1, rangesOf(parsed))
    }
    expect(understood).toBeGreaterThan(100)
  })

  it('of other lengths than the file has room for is none', () => {
    const tail = (length: number, magic = 'PAR1') => {
      const bytes = new Uint8Array(8)
      new DataView(bytes.buffer).setUint32(0, length, true)
      bytes.set(new TextEncoder().encode(magic), 4)
      return bytes
    }
    expect(footerLength(tail(100), 112)).toBe(108)
    expect(footerLength(tail(100), 111)).toBeUndefined()
    expect(footerLength(tail(0xffffffff), 2 ** 40)).toBeUndefined()
    expect(footerLength(tail(100, 'PARE'), 1000)).toBeUndefined()
    expect(footerLength(new Uint8Array(7), 1000)).toBeUndefined()
  })
})

describe('what asks a parser for more than it is long', () => {
  const bytes = (...parts: (number | readonly number[])[]) => Uint8Array.from(parts.flat())
  const many = <T>(count: number, item: T) => Array.from({ length: count }, () => item)

  it.each([
    ['a list that is longer than all of it', bytes(0x19, 0xf8, [0xff, 0xff, 0xff, 0x0f], many(64, 0))],
    [
      'lists in lists, each of which says so',
      bytes(
        0x19,
        many(4000, 0xf9).flatMap((list) => [list, 0x70]),
        many(200, 0),
      ),
    ],
    ['a number of more than ten bytes', bytes(0x36, many(10, 0xff), 1, 0x19, 0x0c, 0)],
    ['a struct in a struct without end', bytes(many(300_000, 0x1c))],
    ['a text that is longer than all of it', bytes(0x18, [0xff, 0xff, 0xff, 0xff, 0x07], 0)],
    ['a text of negative length', bytes(0x18, [0x80, 0x80, 0x80, 0x80, 0x08], 0)],
    ['a type that Parquet does not have', bytes(0x1b, 0, 0)],
    ['nothing at all', bytes()],
  ])('is no footer: %s', (_, footer) => {
    expect(parseFooter(footer, 1 << 20)).toBeUndefined()
  })

  it('is no footer: more values than a footer has', () => {
    // Row groups without columns: two values each.
    const groups = (count: number) => {
      const length = [(count & 127) | 128, ((count >> 7) & 127) | 128, count >> 14]
      return Uint8Array.from(Buffer.concat([bytes(0x49, 0xfc, length), Buffer.alloc(3 * count, bytes(0x19, 0x0c, 0)), bytes(0)]))
    }
    expect(parseFooter(groups(1000), 1 << 30)?.rowGroups.length).toBe(1000)
    expect(parseFooter(groups(1_000_000), 1 << 30)).toBeUndefined()
  })
})
