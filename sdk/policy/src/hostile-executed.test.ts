import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
import { conditions } from './testing/attacks/executed/conditions.ts'
import { differences } from './testing/attacks/executed/differences.ts'
import { flags } from './testing/attacks/executed/flags.ts'
import type { Probe } from './testing/attacks/executed/probe.ts'
import { otherWords } from './testing/attacks/executed/texts.ts'
import { type Database, openDatabase, readable, secret } from './testing/data.ts'
import { slots } from './testing/slots.ts'

// Statements that the guard allows, each named for what it tries. One patient, the hermit, is alone in region, age and day.
// What a statement shows where he is among the patients, it shows where he is not; everything else is suppressed.

const probes: Readonly<Record<string, readonly Probe[]>> = {
  'subtracts conditions inside aggregates': conditions,
  'subtracts results': differences,
  'says it in other words': otherWords,
  'flags somebody within rows of units': flags,
}

const hermit = 5000
/** What only he has, and what no result shows. */
const secrets = [secret, '99999.99', 'Hermit', 'Alone', '3999999.6']

let guard: Guard
let withHim: Database
let without: Database
beforeAll(async () => {
  ;[guard, withHim, without] = await Promise.all([createGuard(), openDatabase(), openDatabase()])
  await without.query(`DELETE FROM patients WHERE person = ${hermit}`)
})
afterAll(async () => {
  withHim.close()
  without.close()
  await guard.close()
})

/** Whether a row is the other, or the other with some of its values left out. */
function shows(row: string, other: string): boolean {
  const values = other.split(' | ')
  return row.split(' | ').every((value, i) => value === 'NULL' || value === values[i])
}

for (const [aim, statements] of Object.entries(probes)) {
  describe(`a statement that ${aim} shows nothing of one person:`, () => {
    for (const [tries, sql] of statements) {
      test(tries, async () => {
        const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
        if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
        const both = await Promise.all([withHim, without].map((database) => database.query(verdict.rewrittenSql)))
        const [rows = [], others = []] = both.map(readable)
        expect(rows.filter((row) => !others.some((other) => shows(row, other)))).toEqual([])
        expect(rows.filter((row) => row.split(' | ').some((value) => secrets.includes(value)))).toEqual([])
      })
    }
  })
}
