import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
import { type Database, openDatabase, readable } from './testing/data.ts'
import type { Field, Question } from './testing/honest/field.ts'
import { fields } from './testing/honest/fields.ts'

// Statistics of whole fields, asked as analysts ask: equal to plain SQL apart from suppression, and equal in every run.

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

async function rewritten({ datasets }: Field, { sql, parameters, values }: Question): Promise<string> {
  const slots = datasets.map((d) => d.slot)
  const verdict = await guard.check({ sql, parameters: parameters ?? [], values: values ?? {}, slots })
  return verdict.verdict === 'allowed' ? verdict.rewrittenSql : expect.fail(`refused: ${JSON.stringify(verdict.reasons)}`)
}

for (const field of fields) {
  describe(`${field.name}: what an analyst asks gets what plain SQL gives, apart from suppression, with any number of threads:`, () => {
    let database: Database
    beforeAll(async () => {
      database = await openDatabase(field.datasets)
      await database.query('SET threads = 1')
    })
    afterAll(() => database.close())

    for (const question of field.questions) {
      test(question.asks, async () => {
        const sql = await rewritten(field, question)
        const result = await database.query(sql)
        expect(readable(result)).toEqual(readable(await database.query(question.byHand)))
        expect(result.length).toBeGreaterThan(0)
        // pieces of one vector each, so that few rows too are the work of four threads
        await database.query('PRAGMA verify_parallelism')
        await database.query('SET threads = 4')
        const again = await database.query(sql)
        await database.query('PRAGMA disable_verify_parallelism')
        await database.query('SET threads = 1')
        expect(again.map((row) => row.map(String))).toEqual(result.map((row) => row.map(String)))
      })
    }
  })
}

test('the fields ask at least ninety questions, each of its own', () => {
  const asked = fields.flatMap((f) => f.questions.map((q) => q.asks))
  expect(new Set(asked).size).toBe(asked.length)
  expect(asked.length).toBeGreaterThanOrEqual(90)
})
