import { expect } from 'vitest'
import { quote } from '../engine/shadow.ts'
import type { Guard, GuardRequest } from '../guard.ts'
import { addNoise } from '../noise/add-noise.ts'
import type { ReadsRequest } from '../reads/planned-reads.ts'
import { type Database, openDatabase } from './data.ts'
import { openDestroyed } from './destroyed-files.ts'
import type { Field } from './honest/field.ts'
import { type Allowed, exactTexts, fill } from './noisy-room.ts'
import { seededRandomness } from './seeded-randomness.ts'

export type Run = (allowed: Allowed, database: Database) => Promise<unknown>

export const run: Run = ({ rewrittenSql }, database) => database.query(rewrittenSql)

/**
 * Expects the same results of the whole datasets and of files that hold only what is planned.
 * @returns how many columns are planned, of how many, and how many conditions: whether anything was left out
 */
export async function bothWays(
  guard: Guard,
  whole: Database,
  request: Omit<GuardRequest, 'parameters'> & Partial<GuardRequest>,
  how: Run,
) {
  const verdict = await guard.check({ parameters: [], ...request })
  if (verdict.verdict === 'refused') return expect.fail(`${request.sql}: ${JSON.stringify(verdict.reasons)}`)
  const slots = request.slots.filter(({ id }) => verdict.plan.slots.some((read) => read.id === id))
  return sameOfDestroyed(guard, whole, { slots, statements: verdict, asked: request.sql }, (database) => how(verdict, database))
}

interface Asked extends ReadsRequest {
  /** for whoever reads of a failure */
  readonly asked: string
}

/** As `bothWays`, of statements that need not be a guard's. */
export async function sameOfDestroyed(
  guard: Guard,
  whole: Database,
  { slots, statements, asked }: Asked,
  how: (database: Database) => Promise<unknown>,
) {
  const scans = await guard.plannedReads({ slots, statements })
  const destroyed = await openDestroyed(whole, slots, scans)
  try {
    expect(String(await how(destroyed)), asked).toBe(String(await how(whole)))
  } finally {
    await destroyed.close()
  }
  const listed = new Set(scans.flatMap(({ slot, columns }) => columns.map((column) => `${slot}.${column}`))).size
  const declared = slots.reduce((sum, { schema }) => sum + schema.columns.length, 0)
  return { listed, declared, conditions: scans.flatMap(({ conditions }) => conditions).length }
}

/** With noise that is the same every time, and the datasets beside the noisy cells, as an executor has them. */
export const runWithNoise: Run = async ({ noise, resultSql }, database) => {
  const random = seededRandomness('the same')
  for (const statement of noise) {
    await fill((sql) => database.query(sql), statement, addNoise(statement, await exactTexts(database, statement), random))
  }
  const result = await database.query(resultSql)
  for (const { table } of noise) await database.query(`DROP TABLE ${quote(table)}`)
  return result
}

/** All questions of a field. */
export async function wholeField(guard: Guard, { datasets, questions }: Field): Promise<void> {
  const whole = await openDatabase(datasets)
  const slots = datasets.map(({ slot }) => slot)
  const sum = { listed: 0, declared: 0, conditions: 0 }
  for (const { sql, parameters = [], values = {} } of questions) {
    const one = await bothWays(guard, whole, { sql, slots, parameters, values }, run)
    for (const key of ['listed', 'declared', 'conditions'] as const) sum[key] += one[key]
  }
  await whole.close()
  expect(sum.listed).toBeLessThan(sum.declared * 0.7)
  expect(sum.conditions).toBeGreaterThan(5)
}
