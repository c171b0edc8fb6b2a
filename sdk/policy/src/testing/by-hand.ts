import { afterAll, beforeAll } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { type Database, openDatabase, type Row } from './data.ts'
import { slots } from './slots.ts'

/** A guard and the six datasets for one test file. */
export function guardedDatabase() {
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
  const check = (sql: string) => guard.check({ sql, parameters: [], values: undefined, slots })
  const rewritten = async (sql: string): Promise<string> => {
    const verdict = await check(sql)
    if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
    return verdict.rewrittenSql
  }
  return {
    check,
    rewritten,
    /** as the data are, without a guard */
    plain: (sql: string): Promise<readonly Row[]> => database.query(sql),
    guarded: async (sql: string): Promise<readonly Row[]> => database.query(await rewritten(sql)),
  }
}
