import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'
import { comparisonSql, createGuard, type Guard, type GuardRequest, type SlotInput, type Statements } from '../index.ts'
import type { Question } from './honest/field.ts'
import { fields } from './honest/fields.ts'
import { functions } from './honest/functions.ts'
import { setOperations } from './honest/set-operations.ts'
import { subqueries } from './honest/subqueries.ts'
import { summaries } from './honest/summaries.ts'
import { tpchAgencies } from './honest/tpch/agencies.ts'
import { tpch } from './honest/tpch/tpch.ts'
import { windows } from './honest/windows.ts'
import { slots as honestSlots } from './slots.ts'

// What guarding costs: a rewritten query beside the plain one over the same rows, in processor time of one thread, the two
// taking turns; and the time of the guard itself over the honest corpus. The queries are one of each shape over one table,
// and those TPC-H-derived questions that read protected datasets.
// Usage: npm run bench -- guard [rows] [repetitions] [differencing] [names of queries, as a pattern]

const rows = Number(process.argv[2] ?? 10_000_000)
const repetitions = Number(process.argv[3] ?? 5)
/** Rules have results compared with earlier ones: what a query costs with its tables of cells, and without the comparing. */
const differencing = process.argv[4] === 'differencing'
const wanted = new RegExp(process.argv[differencing ? 5 : 4] ?? '')

const visits: SlotInput = {
  id: 'visits',
  schema: {
    columns: [
      { name: 'person', type: 'BIGINT' },
      { name: 'region', type: 'VARCHAR' },
      { name: 'school', type: 'INTEGER' },
      { name: 'street', type: 'INTEGER' },
      { name: 'day', type: 'DATE' },
      { name: 'cost', type: 'DECIMAL(18,2)' },
      { name: 'age', type: 'BIGINT' },
      { name: 'score', type: 'DOUBLE' },
    ],
  },
  rule: {
    version: 1,
    modes: ['aggregation'],
    privacyUnit: { column: 'person' },
    columns: {
      person: { join: true },
      region: { dimension: true, join: true, filter: 'literal' },
      school: { dimension: true, filter: 'literal' },
      street: { dimension: true },
      day: { dimension: true, filter: 'literal' },
      cost: { aggregate: ['sum', 'avg', 'count', 'stddev'], bounds: [0, 1000] },
      age: { aggregate: ['sum', 'avg', 'count', 'median'], bounds: [0, 120] },
      score: { aggregate: ['sum', 'avg', 'count', 'stddev', 'median'], bounds: [0, 1000] },
    },
    output: { minimumGroupSize: 20, maxRows: 1_000_000 },
    approvals: { by: ['owner'], threshold: 'all' },
  },
}
const grants: SlotInput = {
  id: 'grants',
  schema: {
    columns: [
      { name: 'holder', type: 'BIGINT' },
      { name: 'amount', type: 'DECIMAL(18,2)' },
    ],
  },
  rule: {
    ...visits.rule,
    privacyUnit: { column: 'holder' },
    columns: { holder: { join: true }, amount: { aggregate: ['sum', 'avg'], bounds: [0, 10_000] } },
  },
}
const places: SlotInput = {
  id: 'places',
  schema: {
    columns: [
      { name: 'name', type: 'VARCHAR' },
      { name: 'country', type: 'VARCHAR' },
    ],
  },
  rule: {
    ...visits.rule,
    privacyUnit: 'none',
    columns: { name: { dimension: true, join: true }, country: { dimension: true, join: true } },
  },
}

const shapes: readonly (readonly [name: string, sql: string])[] = [
  ['one group', 'SELECT count(*) AS n, sum(cost) AS s FROM visits'],
  ['10 groups of text', 'SELECT region, count(*) AS n, sum(cost) AS s FROM visits GROUP BY region'],
  ['1,000 groups', 'SELECT school, count(*) AS n, avg(age) AS a FROM visits GROUP BY school'],
  ['100,000 groups', 'SELECT street, count(*) AS n, sum(cost) AS s FROM visits GROUP BY street'],
  [
    '8 aggregates',
    `SELECT region, count(*) AS n, sum(cost) AS a, avg(cost) AS b, sum(age) AS c, avg(age) AS d, count(age) AS e, sum(score) AS f,
      avg(score) AS g FROM visits GROUP BY region`,
  ],
  ['spread of a DECIMAL and a DOUBLE', 'SELECT region, stddev(cost) AS a, stddev(score) AS b FROM visits GROUP BY region'],
  ['median', 'SELECT region, median(age) AS m FROM visits GROUP BY region'],
  [
    'filter',
    "SELECT school, count(*) AS n FROM visits WHERE region IN ('Region 1', 'Region 2') AND day >= '2020-06-01' GROUP BY 1",
  ],
  ['months', "SELECT date_trunc('month', day) AS month, count(*) AS n, sum(cost) AS s FROM visits GROUP BY 1"],
  ['year and quarter', 'SELECT year(day) AS y, quarter(day) AS q, region, avg(score) AS s FROM visits GROUP BY ALL'],
  [
    'join with a public dataset',
    'SELECT country, count(*) AS n, sum(cost) AS s FROM visits JOIN places ON visits.region = places.name GROUP BY country',
  ],
  [
    'join of two protected datasets',
    'SELECT region, count(*) AS n, avg(amount) AS a FROM visits JOIN grants ON visits.person = grants.holder GROUP BY region',
  ],
  ['rollup', 'SELECT region, year(day) AS y, count(*) AS n, sum(cost) AS s FROM visits GROUP BY ROLLUP (region, y)'],
  [
    'share of the total',
    `WITH r AS (SELECT region, count(*) AS n FROM visits GROUP BY region), t AS (SELECT count(*) AS n FROM visits)
     SELECT region, r.n / t.n AS share FROM r CROSS JOIN t`,
  ],
]

interface Compared extends Pick<Question, 'sql' | 'parameters' | 'values'> {
  readonly name: string
  readonly slots: readonly SlotInput[]
}

/** As many line items as there are rows. */
const agencies = tpchAgencies(Math.ceil(rows / 60) * 20)
const compared: readonly Compared[] = [
  ...shapes.map(([name, sql]) => ({ name, sql, slots: [visits, grants, places] })),
  ...tpch.questions
    .filter(({ sql }) => /\b(customer|orders|lineitem)\b/.test(sql))
    .map((question) => ({ ...question, name: `TPC-H ${question.asks.split(':')[0]}`, slots: agencies.map((a) => a.slot) })),
]

const directory = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
const guard = await createGuard()
const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
try {
  const connection = await instance.connect()
  await fill(connection)
  console.log(`${rows.toLocaleString('en')} rows, ${repetitions} repetitions, one thread of ${cpus()[0]?.model ?? 'unknown'}\n`)
  await compare(connection)
  connection.closeSync()
  await timeGuard(guard)
} finally {
  instance.closeSync()
  await guard.close()
  await rm(directory, { recursive: true, force: true })
}

/** Parquet, which is what runs read. Every region, school and street has more units than the minimum, but for a few. */
async function fill(connection: DuckDBConnection): Promise<void> {
  const persons = Math.ceil(rows / 5)
  const sources: Readonly<Record<string, string>> = {
    visits: `SELECT (hash(i) % ${persons})::BIGINT AS person, CASE WHEN i % 1000003 = 0 THEN 'Region 10' ELSE 'Region ' || (hash(i, 1) % 10) END AS region,
      (hash(i, 2) % 1000)::INTEGER AS school, (hash(i, 3) % 100000)::INTEGER AS street, DATE '2018-01-01' + (hash(i, 4) % 1461)::INTEGER AS day,
      ((hash(i, 5) % 100000) / 100.0)::DECIMAL(18,2) AS cost, CASE WHEN hash(i, 6) % 50 = 0 THEN NULL ELSE hash(i, 7) % 100 END::BIGINT AS age,
      (hash(i, 8) % 1000000) / 1000.0::DOUBLE AS score FROM range(${rows}) t(i)`,
    grants: `SELECT (i * 2)::BIGINT AS holder, ((hash(i, 9) % 100000) / 100.0)::DECIMAL(18,2) AS amount FROM range(${Math.ceil(persons / 2)}) t(i)`,
    places: `SELECT 'Region ' || i AS name, 'Country ' || (i % 3) AS country FROM range(11) t(i)`,
  }
  for (const [name, sql] of Object.entries(sources)) await write(connection, name, sql)
  for (const { slot, rows } of agencies) {
    const columns = slot.schema.columns.map(({ name, type }) => `"${name}"::${type} AS "${name}"`)
    const names = slot.schema.columns.map(({ name }) => `"${name}"`)
    await write(connection, slot.id, `SELECT ${columns.join(', ')} FROM (${rows}) t(${names.join(', ')})`)
  }
}

async function write(connection: DuckDBConnection, name: string, sql: string): Promise<void> {
  const file = join(directory, `${name}.parquet`).replaceAll("'", "''")
  await connection.run(`COPY (${sql}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`)
  await connection.run(`CREATE VIEW ${name} AS SELECT * FROM read_parquet('${file}')`)
}

async function compare(connection: DuckDBConnection): Promise<void> {
  const ratios: number[] = []
  console.log(`${'query'.padEnd(36)}${'plain ms'.padStart(10)}${'guarded ms'.padStart(12)}${'ratio'.padStart(8)}`)
  for (const { name, sql, parameters = [], values, slots } of compared.filter((c) => wanted.test(c.name))) {
    const verdict = await guard.check({ sql, parameters, values, slots: slots.map(withDifferencing) })
    if (verdict.verdict === 'refused') throw new Error(`${name}: ${JSON.stringify(verdict.reasons)}`)
    const times = { plain: [] as number[], guarded: [] as number[] }
    for (let i = 0; i <= repetitions; i++) {
      const plain = await processorTime(() => connection.runAndReadAll(sql, values as Record<string, DuckDBValue> | undefined))
      const guarded = await processorTime(() => runGuarded(connection, verdict))
      for (const { table } of verdict.cells) await connection.run(`DROP TABLE ${table}`)
      // the first of each warms up
      if (i > 0) times.plain.push(plain)
      if (i > 0) times.guarded.push(guarded)
    }
    const [plain, guarded] = [quantile(times.plain, 0.5), quantile(times.guarded, 0.5)]
    ratios.push(guarded / plain)
    console.log(
      `${name.padEnd(36)}${plain.toFixed(0).padStart(10)}${guarded.toFixed(0).padStart(12)}${(guarded / plain).toFixed(2).padStart(8)}`,
    )
  }
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
  console.log(`${'geometric mean'.padEnd(58)}${mean.toFixed(2).padStart(8)}\n`)
}

function withDifferencing(slot: SlotInput): SlotInput {
  const { rule } = slot
  if (!differencing || rule.privacyUnit === 'none') return slot
  return { ...slot, rule: { ...rule, output: { ...rule.output, differencing: 'suppressRow' } } }
}

async function runGuarded(connection: DuckDBConnection, { cells, resultSql }: Statements): Promise<void> {
  for (const { create, read } of cells.map(comparisonSql)) {
    await connection.run(create)
    for (const sql of read) await connection.runAndReadAll(sql)
  }
  await connection.runAndReadAll(resultSql)
}

async function timeGuard({ check }: Guard): Promise<void> {
  const plain = [...summaries, ...functions, ...setOperations, ...subqueries, ...windows]
  const corpus: readonly GuardRequest[] = [
    ...plain.map(([, sql]) => ({ sql, parameters: [], values: undefined, slots: honestSlots })),
    ...fields.flatMap(({ datasets, questions }) =>
      questions.map(({ sql, parameters = [], values = {} }) => ({ sql, parameters, values, slots: datasets.map((d) => d.slot) })),
    ),
  ]
  const ask = async (request: GuardRequest) => {
    const started = performance.now()
    const cpu = await processorTime(() => check(request))
    return { wall: performance.now() - started, cpu }
  }
  console.log(`guarding ${corpus.length} honest queries; the limit is a p95 of 20 ms`)
  const times: { readonly wall: number; readonly cpu: number }[] = []
  for (let i = 0; i <= repetitions; i++) {
    for (const request of corpus) {
      const time = await ask(request)
      if (i > 0) times.push(time)
    }
  }
  for (const kind of ['wall', 'cpu'] as const) {
    const values = times.map((t) => t[kind])
    const [p50, p95] = [quantile(values, 0.5), quantile(values, 0.95)]
    const what = `guarding, ${kind === 'wall' ? 'elapsed' : 'processor'} ms`
    console.log(`${what.padEnd(36)}p50 ${p50.toFixed(1)}   p95 ${p95.toFixed(1)}`)
  }
}

async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
