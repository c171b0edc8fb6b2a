import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
import { type Database, openDatabase, readable, secret } from './testing/data.ts'
import { type Honest, setOperations } from './testing/honest/set-operations.ts'
import { subqueries } from './testing/honest/subqueries.ts'
import { slots } from './testing/slots.ts'

// What analysts do with results: every query stands beside the plain SQL that gives the same, the threshold by hand.

const queries: Readonly<Record<string, readonly Honest[]>> = {
  'set operations': setOperations,
  subqueries,
}

let guard: Guard
let database: Database
beforeAll(async () => {
  guard = await createGuard()
  database = await openDatabase()
})
afterAll(async () => {
  database.close()
  await guard.close()
})

async function rewritten(sql: string): Promise<string> {
  const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
  if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
  return verdict.rewrittenSql
}

for (const [what, statements] of Object.entries(queries)) {
  describe(`${what} over results give what plain SQL gives, apart from suppression:`, () => {
    for (const [asks, sql, byHand] of statements) {
      test(asks, async () => {
        const rows = readable(await database.query(await rewritten(sql)))
        expect(rows).toEqual(readable(await database.query(byHand)))
        expect(rows.length).toBeGreaterThan(0)
        for (const hidden of [secret, 'Lonely', 'Alone', 'Hermit']) expect(rows.join('\n')).not.toContain(hidden)
      })
    }
  })
}
