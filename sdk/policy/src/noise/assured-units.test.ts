import { columnOf } from '@reinraum/privacy'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { openDatabase } from '../testing/data.ts'
import { noisySlots } from '../testing/noisy-patients.ts'
import { allowedWithNoise, exactTexts } from '../testing/noisy-room.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { noiseAdder } from './add-noise.ts'

// Patients have noise; pupils have a threshold of seven and no noise. Six people of both are in Region 0, thirty in Region 1,
// of whom five have marks.

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

const slots = noisySlots({
  unit: { maxRowsPerUnit: 2, maxGroupsPerUnit: 1 },
  domain: ['Region 0', 'Region 1', 'Nowhere'],
  pupils: {},
})
const person = (count: number, from: number, region: number) =>
  `SELECT ${from} + i, 'n', 30 + i, 'Region ${region}', DATE '2020-01-01', 50, 0, 1, TRUE FROM range(${count}) t(i)`
const rows = {
  patients: `${person(6, 0, 0)} UNION ALL ${person(30, 100, 1)} UNION ALL ${person(200, 1000, 0)}`,
  pupils: "SELECT i, 'School', 5, CASE WHEN i % 6 = 0 THEN 50 END FROM range(200) t(i)",
}
const partners = 'FROM patients p JOIN pupils q ON p.person = q.pupil GROUP BY region'

async function drawn(sql: string, epsilon: number, times = 400) {
  const { noise } = await allowedWithNoise(guard, slots, sql, { epsilon, delta: 0 })
  const own = slots.flatMap((slot) => (slot.id === 'patients' || slot.id === 'pupils' ? [{ slot, rows: rows[slot.id] }] : []))
  const database = await openDatabase(own)
  try {
    const exact = await exactTexts(database, noise)
    const add = noiseAdder(noise, seededRandomness(sql))
    return { plan: noise.plan, results: Array.from({ length: times }, () => add(exact)) }
  } finally {
    database.close()
  }
}

test('what is shown has the units of a dataset without noise, and a margin for the noise that counts them', async () => {
  const { plan, results } = await drawn(`SELECT region, count(*) AS n ${partners}`, 2)
  // scale 1: P[noise ≥ 14] is below a millionth, and P[noise ≥ 13] above
  expect(columnOf(plan, 'units').scale).toEqual({ numerator: 1n, denominator: 1n })
  expect(plan.threshold).toMatchObject({ minimum: 20n, assured: { units: 7n, minimum: 20n, outputs: [] } })
  const shown = results.flat().map(([region]) => region)
  expect(new Set(shown)).toEqual(new Set(['Region 1']))
  expect(shown.length).toBeGreaterThan(350)
})

test('a number is shown only where enough of these units have the value', async () => {
  const { plan, results } = await drawn(`SELECT region, count(*) AS n, avg(age) AS a, sum(marks) AS m ${partners}`, 8)
  expect(plan.threshold?.assured?.outputs.map(({ output }) => output)).toHaveLength(2)
  // one unit counts once among those that have a value, whatever its rows
  expect(columnOf(plan, 'distinct person where').sensitivity.l1).toBe(1n)
  const found = results.flat().filter(([region]) => region === 'Region 1')
  expect(found.length).toBeGreaterThan(350)
  expect(found.filter(([, , , , a]) => a !== null).length).toBeGreaterThan(300)
  // the sum with both ends of its interval
  expect(found.every(([, ...texts]) => texts.slice(6).every((text) => text === null))).toBe(true)
})

test('what decides is paid for: the counts of units share what the query spends', async () => {
  const { plan } = await drawn(`SELECT region, sum(marks) AS m ${partners}`, 6, 1)
  // the sum, the units of the group, and the units with marks
  expect(plan.columns.map(({ shares }) => shares[0]?.amount)).toEqual([2_000_000n, 2_000_000n, 2_000_000n])
  expect(plan.cost.epsilon).toEqual({ numerator: 6n, denominator: 1n })
})
