import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { macroParts, scalarFunctionNames } from './analysis/functions.ts'
import { readTables } from './engine/read-tables.ts'
import { createGuard, type Guard } from './index.ts'
import { openDatabase } from './testing/data.ts'
import { slots } from './testing/slots.ts'

// What the README says is refused is refused, and what it shows of a result comes out.

const file = (name: string) => readFile(new URL(`../${name}`, import.meta.url), 'utf8')
const readme = await file('README.md')

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

describe('refused for now, over the datasets of the tests', () => {
  const rows = [...readme.matchAll(/^\| .* \| `(SELECT .*|WITH .*|FROM .*)` \| `([a-z-]+)` \|$/gm)]

  test('has all that the list names', () => {
    expect(rows.length).toBeGreaterThan(25)
  })
  test.each(rows.map(([, sql = '', code = '']) => [sql, code]))('%s', async (sql, code) => {
    const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
    expect(verdict.verdict === 'refused' ? verdict.reasons[0]?.code : verdict.verdict).toBe(code)
  })
})

test('the functions that it lists are those that there are', () => {
  const named = new Set(
    [...readme.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`[^`]+`/g)].flatMap(([code]) => code.match(/[a-z_0-9]+/g) ?? []),
  )
  const written = [...scalarFunctionNames].filter((name) => /^[a-z]/.test(name) && !macroParts.includes(name))
  expect(written.length).toBeGreaterThan(70)
  expect(written.filter((name) => !named.has(name))).toEqual([])
})

test('the totals of the example come out as they are shown', async () => {
  const schema = (await readTables(await file('examples/aggregation/schema.sql'))).get('visits')
  if (schema === undefined) throw new Error('the example has a dataset')
  // as rule.yaml says, for the columns that the query names
  const slot = {
    id: 'visits',
    schema,
    rule: {
      version: 1,
      modes: ['aggregation'],
      privacyUnit: { column: 'person', maxRowsPerUnit: 50 },
      columns: {
        district: { dimension: true },
        admitted: { dimension: true },
        age: { aggregate: ['avg', 'median'], bounds: [0, 110] },
      },
      output: { minimumGroupSize: 20, rounding: 5, maxRows: 10_000 },
      approvals: { by: ['health'], threshold: 'all' },
    },
  } as const satisfies (typeof slots)[number]
  const sql = await file('examples/aggregation/totals.sql')
  const verdict = await guard.check({ sql, parameters: [], values: undefined, slots: [{ ...slot }] })
  if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict.reasons))
  const database = await openDatabase([{ slot, rows: await file('examples/aggregation/visits.sql') }])
  try {
    const [plain, released] = [await database.query(sql), await database.query(verdict.rewrittenSql)]
    const keyOf = ([district, year]: readonly unknown[]) => `${year ?? 'all'} ${district ?? 'all'}`
    const shown = new Map(released.map((row) => [keyOf(row), String(row[2])]))
    const lines = plain.map((row) => {
      const key = keyOf(row)
      return `${key.padEnd(14)}${String(row[2]).padStart(7)}${(shown.get(key) ?? '–').padStart(10)}`
    })
    expect(/^```text\n([\s\S]*?)\n```$/m.exec(readme)?.[1]).toBe(['year district    plain  released', ...lines].join('\n'))
  } finally {
    database.close()
  }
})
