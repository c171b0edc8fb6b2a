import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import {
  comparisonSql,
  createGuard,
  type FilledTable,
  type NoiseStatement,
  noiseSql,
  noiseSteps,
  type SlotInput,
  type Statements,
  type TextRow,
} from '../index.ts'

// What noise costs: a query whose contributions are bounded and whose cells get noise, all statements of it and the drawing,
// beside the plain aggregation over the same rows and 1,000 groups, and beside what the same rule costs without noise: bounded
// contributions and a threshold. Processor time of one thread, the three taking turns.
// Usage: npm run bench -- noisy-query [rows] [repetitions] [names of cases, as a pattern]

const rows = Number(process.argv[2] ?? 10_000_000)
const repetitions = Number(process.argv[3] ?? 5)
const wanted = new RegExp(process.argv[4] ?? '')
const limit = 2
const schools = 1000
/** of the column of names */
const width = 64

type Unit = { readonly maxRowsPerUnit: number; readonly maxGroupsPerUnit?: number }

/**
 * Persons of `visits` have five rows on average, and many have more than eight; in `within` the same have eight at most, as their
 * owner sealed them; of `pupils` everybody has one.
 * @param rowsPerUnit what the owner states
 */
function slot(id: string, unit: Unit, rowsPerUnit?: number): SlotInput {
  const bounds: [number, number] = [0, 1000]
  return {
    id,
    ...(rowsPerUnit === undefined ? {} : { rowsPerUnit }),
    schema: {
      columns: [
        { name: 'person', type: 'BIGINT' },
        { name: 'school', type: 'INTEGER' },
        { name: 'cost', type: 'DECIMAL(18,2)' },
        { name: 'age', type: 'BIGINT' },
      ],
    },
    rule: {
      version: 1,
      modes: ['aggregation'],
      privacyUnit: { column: 'person', ...unit },
      columns: {
        person: { join: true, aggregate: ['count_distinct'] },
        school: { dimension: true, domain: Array.from({ length: schools }, (_, i) => i) },
        cost: { aggregate: ['sum', 'avg', 'stddev'], bounds },
        age: { aggregate: ['sum', 'avg', 'median'], bounds: [0, 120] },
      },
      output: { minimumGroupSize: 20, maxRows: 10_000 },
      approvals: { by: ['owner'], threshold: 'all' },
      differentialPrivacy: {
        epsilonBudget: 10,
        deltaBudget: 1e-6,
        maxEpsilonPerQuery: 10,
        mechanism: 'discreteGaussian',
        accounting: 'zcdp',
        refresh: 'never',
      },
    },
  }
}

const selected = {
  'a count': 'count(*) AS n',
  'units, a sum and an average': 'count(DISTINCT person) AS n, sum(cost) AS s, avg(age) AS a',
  'a count, a sum and an average': 'count(*) AS n, sum(cost) AS s, avg(age) AS a',
  'a spread': 'stddev(cost) AS s',
  'a median': 'median(age) AS m',
}
type Case = { readonly name: string; readonly of: SlotInput; readonly sql: string }

/** @param mostVisits rows that the person with the most visits has, as its owner would state */
function casesWith(mostVisits: number): readonly Case[] {
  const wide = { maxRowsPerUnit: mostVisits, maxGroupsPerUnit: mostVisits }
  const datasets = {
    visits: slot('visits', { maxRowsPerUnit: 8, maxGroupsPerUnit: 8 }),
    [`visits, ${mostVisits} stated`]: slot('visits', { maxRowsPerUnit: 8, maxGroupsPerUnit: 8 }, mostVisits),
    [`visits, ${mostVisits} stated and allowed`]: slot('visits', wide, mostVisits),
    'within, 8 stated': slot('within', { maxRowsPerUnit: 8, maxGroupsPerUnit: 8 }, 8),
    pupils: slot('pupils', { maxRowsPerUnit: 1, maxGroupsPerUnit: 1 }),
    'pupils, 1 stated': slot('pupils', { maxRowsPerUnit: 1, maxGroupsPerUnit: 1 }, 1),
  }
  return Object.entries(datasets).flatMap(([label, of]) =>
    Object.entries(selected).map(([name, select]) => ({
      name: `${name} of ${label}`,
      of,
      sql: `SELECT school, ${select} FROM ${of.id} GROUP BY school`,
    })),
  )
}

const directory = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
const guard = await createGuard()
const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
try {
  const connection = await instance.connect()
  await fill(connection)
  console.log(
    `${rows.toLocaleString('en')} rows, ${schools} groups, ${repetitions} repetitions, one thread of ${cpus()[0]?.model ?? 'unknown'}\n`,
  )
  console.log(
    `${'query'.padEnd(width)}${'plain ms'.padStart(10)}${'guarded ms'.padStart(12)}${'noisy ms'.padStart(10)}${'drawing'.padStart(9)}${'ratio'.padStart(8)}`,
  )
  const over: string[] = []
  for (const asked of casesWith(await mostVisitsIn(connection)).filter(({ name }) => wanted.test(name))) {
    const ratio = await compare(connection, asked)
    if (ratio > limit) over.push(`${asked.name} (${ratio.toFixed(2)})`)
  }
  await floor(connection)
  console.log(`\nover the limit of ${limit}: ${over.length === 0 ? 'none' : over.join('; ')}`)
  connection.closeSync()
} finally {
  instance.closeSync()
  await guard.close()
  await rm(directory, { recursive: true, force: true })
}

/** What bounding costs at least where nobody states how many rows a unit has: to find out which units have too many. */
async function floor(connection: DuckDBConnection): Promise<void> {
  for (const id of ['visits', 'pupils']) {
    const over = `SELECT count(*) FROM (SELECT person FROM ${id} GROUP BY person HAVING count(*) > 8)`
    const time = await processorTime(() => connection.runAndReadAll(over))
    console.log(`${`(which units of ${id} have more than 8 rows)`.padEnd(width)}${time.toFixed(0).padStart(10)}`)
  }
}

/** Parquet, which is what runs read. */
async function fill(connection: DuckDBConnection): Promise<void> {
  const columns = `(hash(i, 2) % ${schools})::INTEGER AS school, ((hash(i, 5) % 100000) / 100.0)::DECIMAL(18,2) AS cost,
    CASE WHEN hash(i, 6) % 50 = 0 THEN NULL ELSE hash(i, 7) % 100 END::BIGINT AS age`
  const person = { visits: `hash(i) % ${Math.ceil(rows / 5)}`, pupils: `(i * 7919) % ${rows}` }
  const save = async (name: string, select: string) => {
    const file = join(directory, `${name}.parquet`).replaceAll("'", "''")
    await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`)
    await connection.run(`CREATE VIEW ${name} AS SELECT * FROM read_parquet('${file}')`)
  }
  for (const [name, of] of Object.entries(person))
    await save(name, `SELECT (${of})::BIGINT AS person, ${columns} FROM range(${rows}) t(i)`)
  await save('within', 'SELECT * FROM visits QUALIFY row_number() OVER (PARTITION BY person) <= 8')
}

async function mostVisitsIn(connection: DuckDBConnection): Promise<number> {
  const found = await connection.runAndReadAll('SELECT max(n) FROM (SELECT count(*) AS n FROM visits GROUP BY person)')
  return Number(found.getRows()[0]?.[0])
}

/** @returns the ratio of the noisy query to the plain one */
async function compare(connection: DuckDBConnection, { name, of, sql }: Case): Promise<number> {
  const { differentialPrivacy: _, ...withoutNoise } = of.rule
  const guarded = await allowed(name, { ...of, rule: withoutNoise }, sql)
  const { noise: statements, resultSql } = await allowed(name, of, sql)
  const [noise, ...more] = statements
  if (noise === undefined || more.length > 0) throw new Error(`${name} has another number of noisy tables than one`)
  const times = { plain: [] as number[], guarded: [] as number[], noisy: [] as number[], drawing: [] as number[] }
  for (let i = 0; i <= repetitions; i++) {
    let drawing = 0
    const taken = {
      plain: await processorTime(() => connection.runAndReadAll(sql)),
      guarded: await processorTime(() => runGuarded(connection, guarded)),
      noisy: await processorTime(async () => {
        drawing = await runNoisy(connection, noise, resultSql)
      }),
    }
    for (const { table } of [...guarded.cells, noise]) await connection.run(`DROP TABLE ${table}`)
    // the first of each warms up
    if (i === 0) continue
    for (const kind of ['plain', 'guarded', 'noisy'] as const) times[kind].push(taken[kind])
    times.drawing.push(drawing)
  }
  const [plain, noisy] = [median(times.plain), median(times.noisy)]
  const shown = [plain, median(times.guarded), noisy, median(times.drawing)].map((time, i) =>
    time.toFixed(0).padStart([10, 12, 10, 9][i] ?? 0),
  )
  const ratio = noisy / plain
  console.log(`${name.padEnd(width)}${shown.join('')}${ratio.toFixed(2).padStart(8)}`)
  return ratio
}

async function allowed(name: string, of: SlotInput, sql: string) {
  const privacy = { epsilon: 2, delta: 1e-9 }
  const verdict = await guard.check({ sql, parameters: [], values: {}, slots: [of], privacy })
  if (verdict.verdict === 'refused') throw new Error(`${name}: ${JSON.stringify(verdict.reasons)}`)
  return verdict
}

async function runGuarded(connection: DuckDBConnection, { cells, resultSql }: Statements): Promise<void> {
  for (const { create, read } of cells.map(comparisonSql)) {
    await connection.run(create)
    for (const sql of read) await connection.runAndReadAll(sql)
  }
  await connection.runAndReadAll(resultSql)
}

/** As the executor and its query process do. @returns ms of the processor for the drawing */
async function runNoisy(connection: DuckDBConnection, noise: NoiseStatement, resultSql: string): Promise<number> {
  const { read, later, ...table } = noiseSql(noise)
  const exact: (readonly TextRow[])[] = []
  for (const sql of read) exact.push(await textsOf(connection, sql))
  const [cells = [], ...histograms] = exact
  let drawing = 0
  const draw = (rows: () => Iterable<TextRow | null>) => {
    const before = process.cpuUsage()
    const drawn = [...rows()].flatMap((row) => (row === null ? [] : [row]))
    drawing += elapsed(before)
    return drawn
  }
  const steps = noiseSteps(noise)({ cells, histograms })
  const open = draw(() => steps.open())
  if (later !== undefined && open.length > 0) await fillTable(connection, later, open)
  const units = later !== undefined && open.length > 0 ? await textsOf(connection, later.read) : []
  await fillTable(
    connection,
    table,
    draw(() => steps.rows(units)),
  )
  await connection.runAndReadAll(resultSql)
  if (open.length > 0 && noise.units !== null) await connection.run(`DROP TABLE ${noise.units.open.table}`)
  return drawing
}

async function textsOf(connection: DuckDBConnection, sql: string): Promise<readonly TextRow[]> {
  const rows = (await connection.runAndReadAll(sql)).getRows()
  return rows.map((row) => row.map((value) => (value === null ? null : String(value))))
}

async function fillTable(connection: DuckDBConnection, table: FilledTable, rows: readonly TextRow[]): Promise<void> {
  for (const sql of table.create) await connection.run(sql)
  const appender = await connection.createAppender(table.texts, 'main', 'temp')
  for (const row of rows) {
    for (const text of row) {
      if (text === null) appender.appendNull()
      else appender.appendVarchar(text)
    }
    appender.endRow()
  }
  appender.closeSync()
  for (const sql of table.fill) await connection.run(sql)
}

async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  return elapsed(before)
}

function elapsed(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
