import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { openDatabase } from '../testing/data.ts'
import { noisySlots } from '../testing/noisy-patients.ts'
import { allowedWithNoise, exactTexts, plenty } from '../testing/noisy-room.ts'

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

const sums = (columns: number) =>
  `SELECT region, smoker, ${Array.from({ length: columns }, (_, i) => `sum(cost) FILTER (WHERE age > ${i}) AS c${i}`).join(', ')} FROM patients GROUP BY region, smoker`

async function reasonFor(sql: string, domain: readonly string[] | undefined): Promise<string> {
  const verdict = await guard.check({ sql, parameters: [], values: {}, slots: noisySlots({ domain }), privacy: plenty })
  return verdict.verdict === 'refused' ? `${verdict.reasons[0]?.code}` : 'allowed'
}

// Whether a run ends there must not depend on how many of the groups have rows.
test('declared groups are refused where their numbers, or their names, could be more than an executor hears', async () => {
  const [short, long] = ['Region', 'R'.repeat(180)].map((name) => Array.from({ length: 10_000 }, (_, i) => `${name} ${i}`))
  expect(await reasonFor(sums(34), short)).toBe('allowed')
  expect(await reasonFor(sums(40), short)).toBe('too-complex')
  expect(await reasonFor(sums(34), long)).toBe('too-complex')
}, 30_000)

test('so they are where histograms could be, which have at least a hundred steps', async () => {
  const medians = (columns: number) =>
    `SELECT region, ${Array.from({ length: columns }, (_, i) => `median(cost) FILTER (WHERE age > ${i}) AS c${i}`).join(', ')} FROM patients GROUP BY region`
  const domain = Array.from({ length: 1000 }, (_, i) => `Region ${i}`)
  expect(await reasonFor(medians(4), domain)).toBe('allowed')
  expect(await reasonFor(medians(20), domain)).toBe('too-complex')
  // of which nobody knows how many groups they have
  expect(await reasonFor(medians(20), undefined)).toBe('allowed')
})

test('no cell takes more text than is counted for it', async () => {
  const slots = noisySlots({ unit: { maxRowsPerUnit: 1000 } })
  const { noise } = await allowedWithNoise(
    guard,
    slots,
    'SELECT sum(cost) AS c, stddev(score) AS s, count(*) AS n FROM patients',
    plenty,
  )
  const rows = "SELECT i, 'x', 1, 'Region 0', DATE '2020-01-01', -1e9, 1e300, 1, TRUE FROM range(1000) t(i)"
  const database = await openDatabase(slots.filter(({ id }) => id === 'patients').map((slot) => ({ slot, rows })))
  const { cells } = await exactTexts(database, noise)
  database.close()
  for (const text of cells.flat()) expect(JSON.stringify(text).length).toBeLessThan(43)
  // the widest sum that there is
  expect(JSON.stringify(`${-(2n ** 127n)}`)).toHaveLength(42)
})
