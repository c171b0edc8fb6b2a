import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { districts, people, population, registers, sectors, trueTable } from './registers.ts'

const all = population()
const share = (of: (person: (typeof all)[number]) => boolean) => all.filter(of).length / people

test('the registers are the same whoever makes them', () => {
  const { employment, care } = registers(all)
  const digest = createHash('sha256').update(employment).update(care).digest('hex')
  expect(digest).toBe('a44282455de69f09034ad73bb921e0583e40b9a65449c2c04b79116582b42fa5')
})

test('everybody has one pseudonym, which does not show their number', () => {
  expect(all).toHaveLength(people)
  expect(new Set(all.map(({ pseudonym }) => pseudonym)).size).toBe(people)
  expect(all.filter(({ pseudonym }) => !/^[0-9a-f]{32}$/.test(pseudonym))).toEqual([])
})

test('as many are in each register, and in both, as was meant', () => {
  expect(share((p) => p.hours > 0)).toBeCloseTo(0.72, 2)
  expect(share((p) => p.days > 0)).toBeCloseTo(0.62, 2)
  expect(share((p) => p.hours > 0 && p.days > 0)).toBeCloseTo(0.72 * 0.62, 2)
})

test('numbers are within the bounds that rules declare, and who cares more works less', () => {
  expect(all.filter(({ hours, days }) => hours < 0 || hours > 60 || days < 0 || days > 90)).toEqual([])
  const mean = (some: typeof all) => some.reduce((sum, { hours }) => sum + hours, 0) / some.length
  const working = all.filter(({ hours }) => hours > 0)
  expect(mean(working.filter(({ days }) => days === 0))).toBeGreaterThan(mean(working.filter(({ days }) => days > 45)) + 8)
})

test('every cell has people enough to be released', () => {
  const cells = [...trueTable(all).values()]
  expect(cells).toHaveLength(districts.length * sectors.length)
  expect(Math.min(...cells.map(({ carers }) => carers))).toBeGreaterThan(110)
  expect(Math.max(...cells.map(({ carers }) => carers))).toBeLessThan(400)
})
