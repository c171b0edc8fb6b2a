import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CellSketch, lanePlanes, laneWordsFor, packSketch, strideFor } from './cell-sketch.ts'
import { shownCells } from './near-cells.ts'

/** Rows per unit: what a cell is, as far as differencing goes. */
type Cell = ReadonlyMap<number, number>

/** A hash that spreads (SplitMix64), and one that somebody made to collide. */
function spreading(unit: number): bigint {
  let z = (BigInt(unit) + 0x9e3779b97f4a7c15n * 3n) & 0xffff_ffff_ffff_ffffn
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffff_ffff_ffff_ffffn
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & 0xffff_ffff_ffff_ffffn
  return z ^ (z >> 31n)
}
const colliding = (unit: number): bigint => BigInt(unit % 3) << 40n

function sketchOf(cell: Cell, minimum: number, hash = spreading): Uint32Array {
  const words = laneWordsFor(minimum)
  const held = new Map<number, { rows: bigint; sum: bigint }>()
  for (const [unit, count] of cell) {
    const lane = Number(hash(unit) & BigInt(words * 64 - 1))
    const { rows, sum } = held.get(lane) ?? { rows: 0n, sum: 0n }
    held.set(lane, { rows: rows + BigInt(count), sum: sum + BigInt(count) * hash(unit) })
  }
  const lanes = Array.from({ length: words * lanePlanes }, () => 0n)
  let [rows, sum] = [0n, 0n]
  for (const [lane, own] of held) {
    rows += own.rows
    sum += own.sum
    const bits = spreading(Number((own.rows * 31n + own.sum) % 1_000_003n))
    for (let plane = 0; plane < lanePlanes; plane++) {
      const word = plane * words + (lane >> 6)
      lanes[word] = (lanes[word] ?? 0n) | (((bits >> BigInt(plane)) & 1n) << BigInt(lane & 63))
    }
  }
  return packSketch({ rows, sum, lanes } satisfies CellSketch, minimum)
}

function unitsApart(a: Cell, b: Cell): number {
  return [...new Set([...a.keys(), ...b.keys()])].filter((unit) => (a.get(unit) ?? 0) !== (b.get(unit) ?? 0)).length
}

const cells = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 4 })), { maxLength: 60 })
  .map((pairs): Cell => new Map(pairs))
const minimum = fc.integer({ min: 2, max: 45 })

describe('cells that are compared with those that were shown', () => {
  test('are never shown where fewer units than the minimum count differently, whatever the hash', () => {
    fc.assert(
      fc.property(cells, cells, minimum, fc.boolean(), (a, b, k, collide) => {
        const hash = collide ? colliding : spreading
        const shown = shownCells(k)
        shown.learn(sketchOf(a, k, hash))
        const apart = unitsApart(a, b)
        const admitted = shown.admit(sketchOf(b, k, hash))
        if (apart > 0 && apart < k && !collide) expect(admitted).toBe(false)
        if (apart === 0) expect(admitted).toBe(true)
        // A hash that makes units one makes cells the same at most: that is what a unit's own filter rule is for.
        if (admitted && apart > 0 && apart < k) expect(sketchOf(a, k, hash)).toEqual(sketchOf(b, k, hash))
      }),
      { numRuns: 2000 },
    )
  })

  test('are never shown where a few units were taken out of a large cell, with or without further rows of theirs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 100, max: 400 }), fc.gen(), (k, units, g) => {
        const rowsOf = (unit: number) => 1 + (unit % 3)
        const whole = new Map(Array.from({ length: units }, (_, unit) => [unit, rowsOf(unit)]))
        const few = g(() => fc.uniqueArray(fc.integer({ min: 0, max: units - 1 }), { minLength: 1, maxLength: k - 1 }))
        const part = new Map(whole)
        for (const unit of few) {
          const left = g((most: number) => fc.integer({ min: 0, max: most }), rowsOf(unit) - 1)
          if (left === 0) part.delete(unit)
          else part.set(unit, left)
        }
        const shown = shownCells(k)
        expect(shown.admit(sketchOf(whole, k))).toBe(true)
        expect(shown.admit(sketchOf(part, k))).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('are shown again and again where they are the same, and are remembered once', () => {
    const shown = shownCells(20)
    const cell = new Map(Array.from({ length: 500 }, (_, unit) => [unit, 2]))
    for (let i = 0; i < 3; i++) expect(shown.admit(sketchOf(cell, 20))).toBe(true)
    expect(shown.added().length).toBe(strideFor(20))
  })

  test('are not shown beside a near one, even where they are the same as another', () => {
    const [a, b] = [100, 101].map((units) => sketchOf(new Map(Array.from({ length: units }, (_, u) => [u, 1])), 20))
    const shown = shownCells(20)
    shown.learn(Uint32Array.of(...(a as Uint32Array), ...(b as Uint32Array)))
    expect(shown.admit(a as Uint32Array)).toBe(false)
    expect(shown.admit(b as Uint32Array)).toBe(false)
  })

  test('stand beside what others showed in the meantime unless that is near', () => {
    const of = (from: number, to: number) => sketchOf(new Map(Array.from({ length: to - from }, (_, u) => [from + u, 1])), 20)
    const shown = shownCells(20)
    shown.admit(of(0, 300))
    expect(shown.standBeside(of(300, 700))).toBe(true)
    expect(shown.standBeside(of(0, 300))).toBe(true)
    expect(shown.standBeside(of(1, 300))).toBe(false)
  })

  // What follows is no promise but what an owner has to know: how many honest cells are taken for near ones.
  test.each([
    [5, 20],
    [20, 60],
    [50, 150],
  ])('of a minimum of %i, nearly all that differ by %i units are shown', (k, apart) => {
    let wrong = 0
    for (let i = 0; i < 300; i++) {
      const start = i * 1000
      const cell = (from: number, to: number) => new Map(Array.from({ length: to - from }, (_, u) => [start + from + u, 1]))
      const shown = shownCells(k)
      shown.admit(sketchOf(cell(0, 200), k))
      if (!shown.admit(sketchOf(cell(0, 200 + apart), k))) wrong++
    }
    expect(wrong / 300).toBeLessThan(0.02)
  })
})
