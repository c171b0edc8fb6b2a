import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSlots, type Slot } from '../analysis/slots.ts'
import { Refusal } from '../reasons.ts'
import { slots } from '../testing/slots.ts'
import { type Engine, openEngine } from './instance.ts'
import { createTable, type Shadow } from './shadow.ts'

// What holds if the walk over the AST ever let something through: SQL goes in here that it never would.

let engine: Engine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.close())

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'passed',
    (error: unknown) => (error instanceof Refusal ? error.code : 'threw'),
  )
}

const of = (declared: readonly Slot[], read = declared) => ({ declared, read, shown: new Set<string>() })
const shadow = (work: (shadow: Shadow) => Promise<unknown>) => codeOf(engine.shadows.use(of(readSlots(slots)), work))
const bind = (sql: string) => shadow(({ bind }) => bind(sql))

const bit = 'CASE WHEN person IS NOT NULL THEN 1::UBIGINT << (hash(person) & 63) ELSE NULL END'

/** As exact cells with noise have it: rows of units that are over a bound are numbered, and the others are not. */
const overBound = `WITH units_over AS MATERIALIZED (SELECT person FROM patients GROUP BY person HAVING count(*) > 3), kept AS (
  SELECT p.region FROM patients p LEFT JOIN units_over o ON p.person = o.person WHERE o.person IS NULL
  UNION ALL SELECT region FROM (SELECT p.region, row_number() OVER (PARTITION BY p.person ORDER BY hash(p.person, region), region) AS i
    FROM patients p LEFT JOIN units_over o ON p.person = o.person WHERE o.person IS NOT NULL) w WHERE i <= 3)`

test('binding passes numbered rows, and rows beside them, that only aggregates read', async () => {
  expect(await bind(`${overBound} SELECT region, count(*) AS n FROM kept GROUP BY region`)).toBe('passed')
})

describe('binding against empty tables refuses', () => {
  const statements: readonly (readonly [what: string, code: string, sql: string])[] = [
    ['a column that no schema declares', 'binding-failed', 'SELECT nothing FROM patients'],
    ['a table that is no dataset', 'binding-failed', 'SELECT 1 FROM secrets'],
    ['types that do not fit', 'binding-failed', 'SELECT sum(region) FROM patients'],
    ['a file', 'binding-failed', "SELECT * FROM read_text('/etc/passwd')"],
    ['a file by its name', 'binding-failed', "SELECT * FROM '/etc/passwd.csv'"],
    ['the catalogue', 'plan-not-allowed', 'SELECT table_name FROM duckdb_tables()'],
    ['a table function', 'plan-not-allowed', 'SELECT * FROM range(3)'],
    ['a list of values', 'plan-not-allowed', 'SELECT * FROM (VALUES (1)) v(x)'],
    ['a window', 'plan-not-allowed', 'SELECT row_number() OVER () FROM patients'],
    ['rows', 'plan-not-allowed', 'SELECT region FROM patients'],
    ['a union of rows', 'plan-not-allowed', 'SELECT region FROM patients UNION ALL SELECT school FROM pupils'],
    [
      'rows in an intersection',
      'plan-not-allowed',
      'SELECT count(*) FROM (SELECT region FROM patients INTERSECT SELECT school FROM pupils)',
    ],
    [
      'rows in a difference',
      'plan-not-allowed',
      'SELECT count(*) FROM (SELECT region FROM patients EXCEPT SELECT school FROM pupils)',
    ],
    [
      'a window under an aggregate',
      'plan-not-allowed',
      'SELECT count(x) FROM (SELECT lag(age) OVER (ORDER BY person) x FROM patients)',
    ],
    ['the value beside the greatest', 'plan-not-allowed', 'SELECT first(region ORDER BY age DESC) FROM patients'],
    ['texts in one text', 'plan-not-allowed', "SELECT string_agg(region, ',') FROM patients"],
    ['a scalar subquery', 'plan-not-allowed', 'SELECT (SELECT count(*) FROM pupils) FROM patients'],
    ['a sample', 'plan-not-allowed', 'SELECT region FROM patients USING SAMPLE 3 ROWS'],
    ['rows made into lists', 'plan-not-allowed', 'SELECT list(age) FROM patients'],
    ['the smallest value', 'plan-not-allowed', 'SELECT min(age) FROM patients'],
    [
      'the smallest value of a subquery',
      'plan-not-allowed',
      'SELECT m FROM (SELECT person, min(age) AS m FROM patients GROUP BY person) q',
    ],
    [
      'the smallest value beside a subquery that is aggregated',
      'plan-not-allowed',
      'SELECT min(n) FROM (SELECT count(*) AS n FROM patients GROUP BY person) q',
    ],
    ['a whole row', 'plan-not-allowed', 'SELECT p FROM patients p'],
    ['a hash', 'plan-not-allowed', 'SELECT hash(age) FROM patients'],
    ['a hash beside a sketch', 'plan-not-allowed', `SELECT bit_or(hash(age)) FROM patients`],
    ['the bits of units added up', 'plan-not-allowed', `SELECT sum(b) FROM (SELECT ${bit} AS b FROM patients) q`],
    [
      'a bit of a unit that a condition looks at',
      'plan-not-allowed',
      `SELECT count(CASE WHEN b = 8 THEN 1 END) FROM (SELECT ${bit} AS b FROM patients) q`,
    ],
    [
      'a bit of a unit by way of a table expression',
      'plan-not-allowed',
      `WITH q AS NOT MATERIALIZED (SELECT age, ${bit} AS b FROM patients) SELECT max(r.b + 1) OVER () FROM (SELECT b FROM q LIMIT 9) r`,
    ],
    ['groups by the bit of a unit', 'plan-not-allowed', `SELECT count(*) FROM (SELECT ${bit} AS b FROM patients) q GROUP BY b`],
    [
      'something else or-ed by way of a table expression',
      'plan-not-allowed',
      `WITH q AS (SELECT ${bit} AS b, age::UBIGINT AS a FROM patients) SELECT bit_or(CASE WHEN b > 0 THEN a ELSE NULL END) FROM q`,
    ],
    [
      'values or-ed by way of a table expression',
      'plan-not-allowed',
      `WITH q AS (SELECT ${bit} AS b, age::UBIGINT AS a FROM patients) SELECT bit_or(a) FROM q`,
    ],
    [
      'counts of cells or-ed together',
      'plan-not-allowed',
      'SELECT bit_or(n) FROM (SELECT count(*)::UBIGINT AS n FROM patients GROUP BY region) q',
    ],
    [
      'values of cells or-ed beside a sketch',
      'plan-not-allowed',
      `SELECT bit_or(a) FROM (SELECT bit_or(b) AS k, sum(age)::UBIGINT AS a FROM (SELECT region, age, ${bit} AS b FROM patients) r GROUP BY region) q`,
    ],
    [
      'the smallest value in a table expression that not only aggregates read',
      'plan-not-allowed',
      'WITH q AS (SELECT person, min(age) AS m FROM patients GROUP BY person), n AS (SELECT count(m) AS n FROM q) SELECT q.m FROM q, n',
    ],
    [
      'numbered rows in a table expression that another one gives on',
      'plan-not-allowed',
      'WITH q AS (SELECT row_number() OVER (PARTITION BY person ORDER BY age) AS i, age FROM patients), r AS (SELECT i, age FROM q), n AS (SELECT count(i) AS n FROM r) SELECT n.n FROM n, (SELECT DISTINCT i FROM r) o',
    ],
    ['whether a row is of a unit over a bound', 'plan-not-allowed', `${overBound} SELECT region FROM kept`],
    [
      'numbers of rows of units over a bound beside an aggregate',
      'plan-not-allowed',
      `${overBound} SELECT k.n, o.region FROM (SELECT count(*) AS n FROM kept) k, kept o`,
    ],
    ['values or-ed together', 'plan-not-allowed', 'SELECT bit_or(age) FROM patients'],
    [
      'a sketch whose bits say more than one hash',
      'plan-not-allowed',
      'SELECT bit_or(CASE WHEN age > 0 THEN CAST(age AS UBIGINT) << (hash(person) & 63) ELSE NULL END) FROM patients',
    ],
    [
      'a window over rows in a table expression',
      'plan-not-allowed',
      'WITH p AS (SELECT age FROM patients) SELECT max(age) OVER () FROM p',
    ],
    ['an error that shows a value', 'plan-not-allowed', 'SELECT error(region) FROM patients'],
    ['the environment', 'plan-not-allowed', "SELECT current_setting('threads') FROM patients"],
  ]
  for (const [what, code, sql] of statements) {
    test(what, async () => {
      expect(await bind(sql)).toBe(code)
    })
  }

  test('but not what a rewrite looks like', async () => {
    expect(
      await bind('SELECT c.a0 FROM (SELECT count(*) AS a0 FROM patients HAVING count(DISTINCT person) >= 5) AS c LIMIT 3'),
    ).toBe('passed')
  })
})

test('binding takes what a rewrite is made of: sketches of units, and windows over cells', async () => {
  const cells = 'SELECT region, count(*) AS n FROM patients GROUP BY region'
  expect(await bind(`WITH c AS (${cells}) SELECT region, max(n) OVER (), row_number() OVER (ORDER BY n) FROM c`)).toBe('passed')
  const sketch = 'bit_or(CASE WHEN person IS NOT NULL THEN CAST(1 AS UBIGINT) << (hash(person) & 63) ELSE NULL END)'
  expect(await bind(`SELECT bit_count(${sketch}) FROM patients`)).toBe('passed')
  const ofCells = `SELECT bit_or(b) AS k FROM (SELECT region, ${bit} AS b FROM patients) r GROUP BY region`
  expect(await bind(`SELECT bit_count(bit_or(q.k)) FROM (${ofCells}) q`)).toBe('passed')
})

test('the smallest value of a unit may go into an aggregate', async () => {
  expect(await bind('SELECT count(q.m) FROM (SELECT person, min(age) AS m FROM patients GROUP BY person) q')).toBe('passed')
})

describe('what is kept of cells to compare them by', () => {
  const hashes = 'sum(CASE WHEN person IS NOT NULL THEN hash(person) ELSE NULL END)'
  const lanes = (lane = 'hash(person) & 63', sum = hashes) =>
    `SELECT region AS g0, ${lane} AS lane, count(person) AS n, ${sum} AS s FROM patients GROUP BY region, ${lane}`
  const bit = 'CASE WHEN n > 0 AND hash(n, s) & 1 = 1 THEN CAST(1 AS UBIGINT) << (lane & 63) ELSE NULL END'
  const cells = (from = lanes(), bits = `bit_xor(${bit})`) =>
    `SELECT g0, sum(n) AS n, sum(s) AS d0_sum, ${bits} AS d0_0 FROM (${from}) GROUP BY g0`

  test('may stand in a table of cells, and nowhere else', async () => {
    expect(await shadow(({ bindCells }) => bindCells('cells_table', cells()))).toBe('passed')
    expect(await bind(cells())).toBe('plan-not-allowed')
    expect(await bind(`SELECT ${hashes} FROM patients`)).toBe('plan-not-allowed')
    expect(await bind('SELECT count(*) FROM patients GROUP BY hash(person) & 63')).toBe('plan-not-allowed')
  })

  test.each([
    [
      'bits that say more than a lane',
      cells(lanes(), 'bit_xor(CASE WHEN n > 0 THEN CAST(n AS UBIGINT) << (lane & 63) ELSE NULL END)'),
    ],
    ['numbers mixed together', cells(lanes(), 'bit_xor(n)')],
    ['values mixed together', 'SELECT region, bit_xor(age) AS x FROM patients GROUP BY region'],
    [
      'bits of single rows mixed together',
      'SELECT region, bit_xor(CASE WHEN age > 0 THEN CAST(1 AS UBIGINT) << (CAST(age AS UBIGINT) & 63) ELSE NULL END) AS x FROM patients GROUP BY region',
    ],
    ['a hash itself', 'SELECT hash(region) AS x, count(*) AS n FROM patients GROUP BY 1'],
    ['lanes of values', cells(lanes('age & 63'))],
    ['a sum of more than hashes', cells(lanes(undefined, 'sum(CASE WHEN age > 0 THEN hash(person) & 1 ELSE NULL END)'))],
    ['a sum of hashes or else something', cells(lanes(undefined, 'sum(CASE WHEN age > 0 THEN hash(person) ELSE age END)'))],
  ])('holds no %s', async (_, sql) => {
    expect(await shadow(({ bindCells }) => bindCells('t', sql))).toBe('plan-not-allowed')
  })

  test('is read like cells: a table of them gives no rows to what only results are given to', async () => {
    const over = (sql: string) =>
      shadow(async ({ bind, bindCells }) => {
        await bindCells('cells_table', cells())
        await bind(sql)
      })
    expect(await over('SELECT g0 FROM cells_table WHERE n >= 5')).toBe('passed')
    expect(await over('SELECT max(n) OVER () FROM cells_table')).toBe('passed')
    expect(await over('SELECT lag(n) OVER (ORDER BY n) FROM cells_table')).toBe('plan-not-allowed')
    expect(await over('SELECT string_agg(g0, $$,$$) FROM cells_table')).toBe('plan-not-allowed')
    expect(await over('SELECT n FROM other_table')).toBe('binding-failed')
  })
})

describe('tables that are kept for the next query', () => {
  test('are read by no query that may not read them', async () => {
    const all = readSlots(slots)
    const patients = all.filter((s) => s.id === 'patients')
    const count = (table: string) =>
      codeOf(engine.shadows.use(of(all, patients), ({ bind }) => bind(`SELECT count(*) AS n FROM ${table}`)))
    expect(await count('patients')).toBe('passed')
    expect(await count('pupils')).toBe('plan-not-allowed')
  })

  const cells = 'SELECT region AS g0, count(*) AS n FROM patients GROUP BY region'
  const readsCells = 'SELECT n FROM cells_table'

  test('are without the cells of the one before', async () => {
    expect(await shadow(({ bindCells }) => bindCells('cells_table', cells))).toBe('passed')
    expect(await bind(readsCells)).toBe('binding-failed')
  })

  test('are not those of a query that was refused', async () => {
    const refused = async ({ bind, bindCells }: Shadow) => {
      await bindCells('cells_table', cells)
      await bind('SELECT nothing FROM patients')
    }
    expect(await shadow(refused)).toBe('binding-failed')
    expect(await bind(readsCells)).toBe('binding-failed')
  })

  test('are used by one query at a time', async () => {
    const both = [1, 2].map(() =>
      shadow(async ({ bind, bindCells }) => {
        await bindCells('cells_table', cells)
        await bind(readsCells)
      }),
    )
    expect(await Promise.all(both)).toEqual(['passed', 'passed'])
  })

  test('have the columns that this query declares', async () => {
    const sum = 'SELECT sum(region) AS s FROM patients'
    const numbered = readSlots(slots).map((slot) => ({
      ...slot,
      schema: { columns: slot.schema.columns.map((c) => (c.name === 'region' ? { ...c, type: 'BIGINT' as const } : c)) },
    }))
    expect(await bind(sum)).toBe('binding-failed')
    expect(await codeOf(engine.shadows.use(of(numbered), ({ bind }) => bind(sum)))).toBe('passed')
    expect(await bind(sum)).toBe('binding-failed')
  })

  test('may be none', async () => {
    expect(await codeOf(engine.shadows.use(of([]), ({ bind }) => bind('SELECT 1 AS one')))).toBe('plan-not-allowed')
  })
})

describe('the engine that parses and binds', () => {
  const escapes: readonly (readonly [what: string, sql: string])[] = [
    ['reads no file', "SELECT * FROM read_text('/etc/hostname')"],
    ['lists no folder', "SELECT * FROM glob('/*')"],
    ['writes no file', "COPY (SELECT 1) TO '/tmp/reinraum-escape.csv'"],
    ['attaches no database', "ATTACH '/tmp/reinraum-escape.db'"],
    ['loads no extension', 'LOAD httpfs'],
    ['installs no extension', 'INSTALL httpfs'],
    ['unlocks nothing', 'SET enable_external_access = true'],
    ['takes no other setting', 'SET threads = 4'],
  ]
  for (const [what, sql] of escapes) {
    test(what, async () => {
      await expect(engine.use((connection) => connection.run(sql))).rejects.toThrow()
    })
  }

  test('keeps the tables of one check from every other', async () => {
    const [slot] = readSlots(slots)
    if (slot === undefined) throw new Error('no slot')
    await engine.use(async (one) => {
      await one.run(createTable(slot))
      await engine.use((other) => expect(other.run('SELECT * FROM flights')).rejects.toThrow())
    })
    await engine.use((later) => expect(later.run('SELECT * FROM flights')).rejects.toThrow())
  })

  test('takes any declared name as a name', async () => {
    const names = ['a"b', 'x); DROP TABLE y; --', 'Cost Total $', 'sélect', ' ', '日本', "it's", 'rowid', 'select']
    const columns = names.map((name) => ({ name, type: 'VARCHAR' as const }))
    const [slot] = readSlots([
      {
        id: 'select',
        schema: { columns },
        rule: {
          version: 1,
          modes: ['aggregation'],
          privacyUnit: 'none',
          columns: {},
          output: { minimumGroupSize: 2, maxRows: 1 },
          approvals: { by: ['owner'], threshold: 'all' },
        },
      },
    ])
    if (slot === undefined) throw new Error('no slot')
    const found = await engine.use(async (connection) => {
      await connection.run(createTable(slot))
      return (await connection.runAndReadAll('SELECT * FROM "select"')).columnNames()
    })
    expect(found).toEqual(names)
  })
})

describe('once there is a table of noisy cells, a result', () => {
  const noisy = {
    name: 'noisy_cells',
    columns: [
      { name: 'g0', type: 'VARCHAR' },
      { name: 'a0', type: 'BIGINT' },
    ],
  }
  const result = (sql: string) =>
    shadow(async ({ bindExact, makeNoisy, bind }) => {
      await bindExact('SELECT CAST(count(*) AS VARCHAR) AS m0 FROM patients')
      await makeNoisy(noisy.name, noisy.columns)
      return bind(sql)
    })

  test.each([
    ['reads them', 'passed', 'SELECT g0, a0 FROM noisy_cells'],
    [
      'compares them with each other',
      'passed',
      'SELECT g0, lag(a0) OVER (ORDER BY g0) AS b, max(a0) OVER () AS m FROM noisy_cells',
    ],
    ['joins public datasets', 'passed', 'SELECT c.a0, s.name FROM noisy_cells c JOIN states s ON c.g0 = s.code'],
    ['reads no protected dataset, not even by aggregates', 'plan-not-allowed', 'SELECT count(*) FROM patients'],
    [
      'reads none beside them',
      'plan-not-allowed',
      'SELECT a0, n FROM noisy_cells CROSS JOIN (SELECT count(*) AS n FROM pupils) p',
    ],
    ['finds no exact cells', 'binding-failed', 'SELECT m0 FROM noisy_cells_exact'],
  ])('%s', async (_, code, sql) => {
    expect(await result(sql)).toBe(code)
  })

  test('cannot be had from exact cells that hold rows', async () => {
    expect(await shadow(({ bindExact }) => bindExact('SELECT CAST(age AS VARCHAR) AS m0 FROM patients'))).toBe('plan-not-allowed')
    expect(await shadow(({ bindExact }) => bindExact('SELECT max(age) AS m0 FROM patients'))).toBe('plan-not-allowed')
  })
})
