import type { Column } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlotInput } from '../analysis/slots.ts'
import { type Engine, openEngine } from '../engine/instance.ts'
import { knownOptimizers } from '../engine/optimizers.ts'
import { register } from '../testing/honest/field.ts'
import { plannedReads } from './planned-reads.ts'
import type { Scan } from './scan.ts'

type Statements = Parameters<typeof plannedReads>[1]['statements']

let engine: Engine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.close())

function slot(id: string, columns: Readonly<Record<string, Column['type']>>): SlotInput {
  const typed = Object.entries(columns).map(([name, type]) => [name, [type]] as const)
  return register(id, Object.keys(columns)[0] ?? '', 5, Object.fromEntries(typed), '').slot
}

const rows = slot('rows', {
  id: 'BIGINT',
  small: 'TINYINT',
  whole: 'INTEGER',
  day: 'DATE',
  time: 'TIMESTAMP',
  price: 'DECIMAL(9,2)',
  wide: 'DECIMAL(38,3)',
  name: 'VARCHAR',
  real: 'DOUBLE',
  flag: 'BOOLEAN',
})
const others = slot('others', { key: 'BIGINT', value: 'INTEGER', rest: 'VARCHAR' })

const reads = (resultSql: string, before: Partial<Statements> = {}) =>
  plannedReads(engine, { slots: [rows, others], statements: { cells: [], noise: [], resultSql, ...before } })

const everything: readonly Scan[] = [rows, others].map(({ id, schema }) => ({
  slot: id,
  columns: schema.columns.map(({ name }) => name),
  conditions: [],
}))

const day = (text: string) => BigInt(Date.parse(text) / 86_400_000)

describe('a condition is said exactly, in the type of the column:', () => {
  test.each([
    ['id = 5', ['=', 'BIGINT', 5n]],
    ['small < 7', ['<', 'TINYINT', 7n]],
    ['whole >= -3', ['>=', 'INTEGER', -3n]],
    ["day > DATE '1994-01-01' + INTERVAL 1 MONTH", ['>', 'TIMESTAMP', 0n]],
    ["day <= DATE '1994-01-01'", ['<=', 'DATE', day('1994-01-01')]],
    ["time < '2001-01-01 00:00:01.5'", ['<', 'TIMESTAMP', 978_307_201_500_000n]],
    ['price > -1.5', ['>', 'DECIMAL(9,2)', -150n]],
    ["name = 'Ångström'", ['=', 'VARCHAR', 'Ångström']],
  ] as const)('%s', async (condition, [operator, type, value]) => {
    const [scan] = await reads(`SELECT count(*) FROM rows WHERE ${condition}`)
    const column = condition.split(' ')[0]
    // a date and an interval are a time: what the engine compares as such is compared otherwise here, if at all
    const expected = type === 'TIMESTAMP' && column === 'day' ? { type: 'DATE', value: day('1994-02-01') } : { type, value }
    expect(scan?.conditions).toEqual([{ column, operator, value: expected }])
  })

  test('one of several values, and both ends of a range', async () => {
    const [scan] = await reads("SELECT count(*) FROM rows WHERE name IN ('b', 'a') AND whole BETWEEN 2 AND 4")
    expect(scan?.columns).toEqual(['name', 'whole'])
    expect(scan?.conditions).toEqual([
      { column: 'whole', operator: '>=', value: { type: 'INTEGER', value: 2n } },
      { column: 'whole', operator: '<=', value: { type: 'INTEGER', value: 4n } },
      { column: 'name', operator: 'in', values: ['b', 'a'].map((value) => ({ type: 'VARCHAR', value })) },
    ])
  })
})

test.each([
  ['digits that JSON loses', 'id = 9007199254740993'],
  ['more digits than a number has', 'wide = 1.5'],
  ['floating point', 'real > 0.5'],
  ['truth', 'flag'],
  ['another value than one', 'whole <> 3'],
  ['no value at all', 'name IS NULL'],
  ['one of two conditions', 'whole = 3 OR id = 7'],
  ['a number computed with the column', 'whole % 7 = 4'],
  ['a text that may stand for bytes that are none', "name = '\uFFFD'"],
])('a condition is left out, and its column is not, where it is about %s', async (_, condition) => {
  const [scan] = await reads(`SELECT count(*) FROM rows WHERE ${condition}`)
  expect(scan?.conditions).toEqual([])
  expect(scan?.columns).toContain(/\w+/.exec(condition)?.[0])
})

test('a join with what is empty now is read on both sides, and only for what the result needs', async () => {
  const scans = await reads('SELECT o.value, sum(r.whole) FROM rows r JOIN others o ON r.id = o.key GROUP BY 1')
  expect(scans.map(({ slot, columns }) => [slot, [...columns].sort()]).sort()).toEqual([
    ['others', ['key', 'value']],
    ['rows', ['id', 'whole']],
  ])
})

test('counting rows alone reads no column, and what a query does not name is not read', async () => {
  expect(await reads('SELECT count(*) FROM rows')).toEqual([{ slot: 'rows', columns: [], conditions: [] }])
})

test('a table that an earlier statement makes is no dataset, and what is joined with it is read', async () => {
  const columns = [{ name: 'key', type: 'BIGINT' }]
  const cells = [{ table: 'cells', sql: 'SELECT id AS key FROM rows WHERE whole = 3', columns, sketches: [], never: null }]
  expect(await reads('SELECT o.rest FROM cells c JOIN others o ON c.key = o.key WHERE c.key > 3', { cells })).toEqual([
    {
      slot: 'rows',
      columns: ['whole', 'id'],
      conditions: [{ column: 'whole', operator: '=', value: { type: 'INTEGER', value: 3n } }],
    },
    {
      slot: 'others',
      columns: ['key', 'rest'],
      // what equals the key of a cell is as large as it
      conditions: [{ column: 'key', operator: '>', value: { type: 'BIGINT', value: 3n } }],
    },
  ])
})

describe('what is read for noise', () => {
  const key = { name: 'key', type: 'INTEGER' }
  const units = {
    open: { table: 'open', columns: [key] },
    sql: 'SELECT r.whole, count(DISTINCT r.id) FROM rows r JOIN open o ON r.whole = o.key GROUP BY 1',
  }
  const statements = {
    cellsSql: 'SELECT whole, sum(price) FROM rows GROUP BY 1',
    histograms: [{ values: 'small', sql: 'SELECT whole, small, count(*) FROM rows GROUP BY 1, 2' }],
    units,
    table: 'noisy',
    columns: [key],
  }
  const readFor = (noise: Partial<Statements['noise'][number]>) =>
    reads('SELECT key FROM noisy', { noise: [{ ...statements, ...noise }] })
  const columnsOf = (scans: readonly Scan[]) => scans.map(({ slot, columns }) => [slot, ...[...columns].sort()])

  test('is what its cells, its histograms and the units of some groups need, each by itself', async () => {
    expect(columnsOf(await readFor({}))).toEqual([
      ['rows', 'price', 'whole'],
      ['rows', 'small', 'whole'],
      ['rows', 'id', 'whole'],
    ])
    expect(columnsOf(await readFor({ units: null, histograms: [] }))).toEqual([['rows', 'price', 'whole']])
  })

  test('is the units alone of one group without a name', async () => {
    const one = { open: { table: 'open', columns: [] }, sql: 'SELECT count(DISTINCT id) FROM rows' }
    expect(columnsOf(await readFor({ units: one, histograms: [] })).at(-1)).toEqual(['rows', 'id'])
  })

  test('is everything where one of the statements is not understood', async () => {
    const none = 'SELECT nothing FROM rows'
    const changes = [{ cellsSql: none }, { histograms: [{ values: 'small', sql: none }] }, { units: { ...units, sql: none } }]
    for (const change of changes) expect(await readFor(change)).toEqual(everything)
  })
})

test.each([
  ['does not bind', 'SELECT nothing FROM rows'],
  ['reads something else than a dataset', 'SELECT count(*) FROM rows, range(3)'],
  ['reads a table that nobody declared', 'SELECT count(*) FROM duckdb_tables(), rows'],
  ['is no query', 'DROP TABLE rows'],
])(
  'of a statement that %s nothing is known: all columns of all datasets, and the next query finds its tables',
  async (_, sql) => {
    expect(await reads(sql)).toEqual(everything)
    expect(await reads('SELECT max(value) FROM others')).toEqual([{ slot: 'others', columns: ['value'], conditions: [] }])
  },
)

test('somebody judged every optimizer that the engine has, and no others than those are turned off', async () => {
  const names = await engine.use(async (connection) =>
    (await connection.runAndReadAll('SELECT name FROM duckdb_optimizers()')).getRows().map(([name]) => String(name)),
  )
  expect([...knownOptimizers].sort()).toEqual(names.sort())
})
