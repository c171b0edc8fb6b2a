import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quote } from './engine/shadow.ts'
import { createGuard, type Guard } from './index.ts'
import { type Database, openDatabase } from './testing/data.ts'
import type { Field, Question } from './testing/honest/field.ts'
import { fields } from './testing/honest/fields.ts'
import { cells, questionOf, unitsToTry } from './testing/neighbours/cells.ts'
import { compareViews, shownCells, unitsBehind } from './testing/neighbours/compare.ts'
import { addExtremes, extremeUnits } from './testing/neighbours/extremes.ts'

// An allowed query's rewritten SQL, run on two databases that differ in one privacy unit, never differs in a suppressed
// cell and never fails in one and not in the other. Among the rows are the extremes of every type.

let guard: Guard
const databases = new Map<Field, Database>()
beforeAll(async () => {
  guard = await createGuard()
  for (const field of fields) {
    const database = await openDatabase(field.datasets)
    await database.query('SET threads = 1')
    for (const dataset of field.datasets) await database.query(addExtremes(dataset))
    databases.set(field, database)
  }
})
afterAll(async () => {
  for (const database of databases.values()) database.close()
  await guard.close()
})

function databaseOf(field: Field): Database {
  return databases.get(field) ?? expect.fail('every field has a database')
}

async function allowed({ datasets }: Field, sql: string, given: Pick<Question, 'parameters' | 'values'> = {}) {
  const { parameters = [], values = {} } = given
  const request = { sql, parameters, values, slots: datasets.map((d) => d.slot) }
  const verdict = await guard.check(request)
  return verdict.verdict === 'allowed' ? verdict : expect.fail(`refused: ${JSON.stringify(verdict.reasons)}`)
}

/** What is true of the database without one unit of one dataset. */
async function without<T>(database: Database, dataset: string, column: string, unit: string, look: () => Promise<T>): Promise<T> {
  await database.query('BEGIN')
  try {
    await database.query(`DELETE FROM ${quote(dataset)} WHERE ${quote(column)} = ${unit}`)
    return await look()
  } finally {
    await database.query('ROLLBACK')
  }
}

/** Numbers that look like chance and are the same in every run. */
function picker(seed: number): <T>(of: readonly T[]) => T {
  let state = seed
  return (of) => {
    state = (state * 69069 + 1) % 2 ** 32
    return of[Math.floor((state / 2 ** 32) * of.length)] ?? expect.fail('there is something to pick')
  }
}

describe('no question of the corpus fails, with a unit or without it:', () => {
  for (const field of fields) {
    test(field.name, async () => {
      const database = databaseOf(field)
      const pick = picker(field.questions.length)
      for (const question of field.questions.filter((_, i) => i % 3 === 1)) {
        const { rewrittenSql, plan } = await allowed(field, question.sql, question)
        await database.query(rewrittenSql)
        const read = field.datasets.filter((d) => plan.slots.some((s) => s.id === d.slot.id))
        const units = read.flatMap(({ slot: { id, rule, schema } }) => {
          const column = rule.privacyUnit === 'none' ? undefined : rule.privacyUnit.column
          const type = schema.columns.find((c) => c.name === column)?.type ?? 'BIGINT'
          return column === undefined ? [] : [...extremeUnits(type), '7', '42'].map((unit) => ({ id, column, unit }))
        })
        if (units.length === 0) continue
        const { id, column, unit } = pick(units)
        const value = /^\d/.test(unit) ? `'${unit}'` : unit
        await without(database, id, column, value, () => database.query(rewrittenSql))
      }
    })
  }
})

describe('a cell shows in one database and not in the other only where the one unit makes the minimum:', () => {
  for (const spec of cells) {
    test(`${spec.keys.join(', ')} of ${spec.from}`, async () => {
      const database = databaseOf(spec.field)
      const { rewrittenSql } = await allowed(spec.field, questionOf(spec))
      const shown = await shownCells(database, rewrittenSql, spec)
      let turned = 0
      for (const { dataset, column, sql } of spec.units) {
        for (const found of (await database.query(unitsToTry(spec, sql))).flat()) {
          const value = typeof found === 'string' ? `'${found.replaceAll("'", "''")}'` : String(found)
          const whole = { shown, behind: await unitsBehind(database, spec, { sql, value }) }
          const lacking = await without(database, dataset, column, value, async () => ({
            shown: await shownCells(database, rewrittenSql, spec),
            behind: await unitsBehind(database, spec, { sql, value }),
          }))
          turned += compareViews(whole, lacking, spec)
        }
      }
      expect(turned).toBeGreaterThan(0)
    })
  }
})
