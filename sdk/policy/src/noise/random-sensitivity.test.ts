import type { Sensitivity } from '@reinraum/privacy'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTable, quote } from '../engine/shadow.ts'
import { createGuard, type Guard } from '../guard.ts'
import { type Database, openDatabase } from '../testing/data.ts'
import { noisySlots } from '../testing/noisy-patients.ts'
import { exactTexts, plenty } from '../testing/noisy-room.ts'
import { changesOfRules, neighbours, queries, type Rows } from '../testing/random-neighbours.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { addNoise, type ExactTexts, type TextRow } from './add-noise.ts'
import { additive } from './exact-cells.ts'
import type { NoiseStatement } from './noise-statement.ts'

// Whatever is asked: a unit that comes changes what is measured by no more than noise is made for, and rows
// of nobody change nothing.

let guard: Guard
let databases: readonly [Database, Database]
beforeAll(async () => {
  guard = await createGuard()
  databases = [await openDatabase(), await openDatabase()]
  // a public table with several rows of one region
  const codes = "('Region 0', 'a'), ('Region 0', 'b'), ('Region 1', 'c'), ('Region 0', 'd'), (NULL, 'e')"
  for (const { query } of databases) {
    await query('DELETE FROM states')
    await query(`INSERT INTO states VALUES ${codes}`)
  }
})
afterAll(async () => {
  for (const { close } of databases) close()
  await guard.close()
})

async function fill({ query }: Database, rows: Rows): Promise<void> {
  for (const [table, own] of Object.entries(rows)) {
    await query(`DELETE FROM ${table}`)
    if (own.length > 0) await query(`INSERT INTO ${table} VALUES ${own.join(', ')}`)
  }
}

/** How far numbers under the same keys lie apart: the sum of distances, and of their squares. */
function distance(rows: readonly [readonly TextRow[], readonly TextRow[]], keys: number, at: number): Sensitivity {
  const [before, after] = rows.map((own) => {
    const numbers = new Map<string, bigint>()
    for (const row of own) {
      const key = JSON.stringify(row.slice(0, keys))
      numbers.set(key, (numbers.get(key) ?? 0n) + BigInt(row[at] ?? 0))
    }
    return numbers
  }) as [Map<string, bigint>, Map<string, bigint>]
  const moved = [...new Set([...before.keys(), ...after.keys()])].map((key) => {
    const by = (after.get(key) ?? 0n) - (before.get(key) ?? 0n)
    return by < 0n ? -by : by
  })
  return { l1: moved.reduce((a, b) => a + b, 0n), l2Squared: moved.reduce((a, b) => a + b * b, 0n) }
}

function changesOf({ plan, groups, histograms }: NoiseStatement, [one, other]: readonly [ExactTexts, ExactTexts]) {
  const numbers = additive(plan.columns).map(({ name, sensitivity }, i) => {
    return { name, sensitivity, moved: distance([one.cells, other.cells], groups, groups + i) }
  })
  const drawn = histograms.map(({ values }, i) => {
    const column = plan.columns.find(({ measure }) => measure.kind === 'quantile' && measure.values === values)
    const valued = ({ histograms: all }: ExactTexts) => (all[i] ?? []).filter((row) => row[groups] !== null)
    const moved = distance([valued(one), valued(other)], groups + 1, groups + 1)
    return { name: column?.name, sensitivity: column?.sensitivity ?? expect.fail(), moved }
  })
  return [...numbers, ...drawn]
}

/** Later tables are measured beside equal noisy numbers of earlier ones, as what they cost is counted. */
async function makeTable({ table, columns }: NoiseStatement, rows: readonly TextRow[]): Promise<void> {
  const list = columns.map(({ type }, i) => `TRY_CAST(c${i} AS ${type})`).join(', ')
  const text = (value: string | null) => (value === null ? 'NULL::VARCHAR' : `'${value}'`)
  const values = rows.map((row) => `(${row.map(text).join(', ')})`).join(', ')
  const names = columns.map((_, i) => `c${i}`).join(', ')
  for (const { query } of databases) {
    await query(createTable({ id: table, schema: { columns } }))
    if (rows.length > 0) await query(`INSERT INTO ${quote(table)} SELECT ${list} FROM (VALUES ${values}) t(${names})`)
  }
}

test('a unit changes what is measured by no more than noise is made for, whatever is asked', async () => {
  const seen = { queries: 0, moved: 0, most: 0 }
  const holds = fc.asyncProperty(queries, changesOfRules, neighbours, neighbours, async (sql, changes, ...pairs) => {
    const slots = noisySlots(changes)
    const verdict = await guard.check({ sql, parameters: [], values: {}, slots, privacy: plenty })
    if (verdict.verdict === 'refused') return
    seen.queries += 1
    for (const { without, beside, isNobody } of pairs) {
      await Promise.all([fill(databases[0], without), fill(databases[1], beside)])
      for (const statement of verdict.noise) {
        const exact = [await exactTexts(databases[0], statement), await exactTexts(databases[1], statement)] as const
        for (const { name, sensitivity, moved } of changesOf(statement, exact)) {
          if (isNobody) expect({ name, ...moved }).toEqual({ name, l1: 0n, l2Squared: 0n })
          expect({ name, l1: moved.l1 <= sensitivity.l1, l2: moved.l2Squared <= sensitivity.l2Squared }).toEqual({
            ...{ name, l1: true, l2: true },
          })
          seen.moved += moved.l1 > 0n ? 1 : 0
          seen.most += moved.l1 === sensitivity.l1 ? 1 : 0
        }
        await makeTable(statement, addNoise(statement, exact[0], seededRandomness(sql)))
      }
      for (const { table } of verdict.noise) for (const { query } of databases) await query(`DROP TABLE ${quote(table)}`)
    }
  })
  await fc.assert(holds, { seed: 5, numRuns: 60, endOnFailure: true })
  // which says little unless units move much, and often
  expect(seen.queries).toBeGreaterThan(25)
  expect(seen.moved).toBeGreaterThan(100)
  expect(seen.most).toBeGreaterThan(40)
}, 60_000)
