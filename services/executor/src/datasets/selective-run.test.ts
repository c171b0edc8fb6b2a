import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createGuard, type Guard, type SlotInput } from '@reinraum/policy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openQueryEngine } from '../child/query-engine.ts'
import { runJob } from '../child/run-job.ts'
import type { ParquetFile } from './testing/engine.ts'
import { startUnsealing, type Unsealing } from './testing/unsealing.ts'

// From the guard's verdict to the result of the query process, over what was unsealed for it and over the whole files.

let unsealing: Unsealing
let guard: Guard
const files = new Map<string, ParquetFile>()
beforeAll(async () => {
  unsealing = await startUnsealing()
  guard = await createGuard()
  const orders = `SELECT i // 3 AS person, i AS id, DATE '2024-01-01' + (i // 100)::INTEGER AS day, 'kind' || i % 5 AS kind,
    (i % 777 * 0.01)::DECIMAL(9,2) AS price, md5(i::VARCHAR) AS remark FROM range(40000) t(i)`
  const people = `SELECT i AS person, 'district' || i % 4 AS district, md5(i::VARCHAR) AS name FROM range(15000) t(i)`
  files.set('orders', await unsealing.engine.parquet(orders, ', ROW_GROUP_SIZE 4096, COMPRESSION zstd'))
  files.set('people', await unsealing.engine.parquet(people, ', ROW_GROUP_SIZE 4096, COMPRESSION zstd'))
})
afterAll(async () => {
  await unsealing.close()
  await guard.close()
})

const rule = {
  version: 1,
  modes: ['aggregation'],
  output: { minimumGroupSize: 5, maxRows: 100 },
  approvals: { by: ['owner'], threshold: 'all' },
}
const dimension = { dimension: true, filter: 'literal' }
const slots = [
  {
    id: 'orders',
    schema: {
      columns: [
        { name: 'person', type: 'BIGINT' },
        { name: 'id', type: 'BIGINT' },
        { name: 'day', type: 'DATE' },
        { name: 'kind', type: 'VARCHAR' },
        { name: 'price', type: 'DECIMAL(9,2)' },
        { name: 'remark', type: 'VARCHAR' },
      ],
    },
    rule: {
      ...rule,
      privacyUnit: { column: 'person', maxRowsPerUnit: 3 },
      columns: {
        person: { join: true },
        day: dimension,
        kind: dimension,
        price: { aggregate: ['sum', 'avg'], bounds: [0, 10], filter: 'literal' },
      },
    },
  },
  {
    id: 'people',
    schema: {
      columns: [
        { name: 'person', type: 'BIGINT' },
        { name: 'district', type: 'VARCHAR' },
        { name: 'name', type: 'VARCHAR' },
      ],
    },
    rule: {
      ...rule,
      privacyUnit: { column: 'person', maxRowsPerUnit: 1 },
      columns: { person: { join: true }, district: dimension },
    },
  },
] as unknown as readonly (SlotInput & { readonly schema: { readonly columns: readonly { name: string; type: string }[] } })[]

const queries = [
  [
    'an average under a condition',
    "SELECT kind, count(*) AS n, avg(price) AS mean FROM orders WHERE day < DATE '2024-02-01' GROUP BY kind",
  ],
  ['one day', "SELECT count(*) AS n, sum(price) AS total FROM orders WHERE day = DATE '2024-03-05'"],
  ['some days', "SELECT day, count(*) AS n FROM orders WHERE day IN (DATE '2024-01-05', DATE '2024-12-24') GROUP BY day"],
  ['a day that nothing has', "SELECT kind, count(*) AS n FROM orders WHERE day > DATE '2031-01-01' GROUP BY kind"],
  [
    'both at once',
    "SELECT district, count(*) AS n FROM orders JOIN people USING (person) WHERE day BETWEEN DATE '2024-03-01' AND DATE '2024-03-31' GROUP BY district",
  ],
  [
    'parts with a name',
    "WITH late AS (SELECT person, price FROM orders WHERE day >= DATE '2024-12-01') SELECT district, sum(price) AS total FROM late JOIN people USING (person) GROUP BY district",
  ],
] as const

async function answer(name: string, paths: ReadonlyMap<string, string>, sql: string) {
  const result = join(unsealing.engine.directory, name)
  await writeFile(result, '')
  const datasets = slots.map(({ id, schema: { columns } }) => ({ slot: id, columns, file: paths.get(id) ?? '' }))
  const read = datasets.filter(({ file }) => file !== '')
  await runJob(await openQueryEngine(256, 1), { datasets: read, comparisons: [], sql, result }, () => [])
  return unsealing.engine.rows(`SELECT * FROM read_parquet('${result}') ORDER BY ALL`)
}

describe('a run over what its query reads', () => {
  it.each(queries)('says what it says over everything: %s', async (name, sql) => {
    const verdict = await guard.check({ sql, parameters: [], values: {}, slots: [...slots] })
    if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict.reasons))
    const scans = await guard.plannedReads({ slots, statements: verdict })
    const [sparse, whole] = [new Map<string, string>(), new Map<string, string>()]
    let [there, stored] = [0, 0]
    for (const { id } of verdict.plan.slots) {
      const file = files.get(id) ?? { path: '', bytes: new Uint8Array() }
      const own = scans.filter(({ slot }) => slot === id)
      const clusteredBy = id === 'orders' ? { clusteredBy: { name: 'day', type: 'DATE' as const } } : {}
      const { path, bytes, length } = await unsealing.unsealed(file.bytes, own, clusteredBy)
      sparse.set(id, path)
      whole.set(id, file.path)
      there += bytes
      stored += length
    }
    const expected = await answer(`whole ${name}`, whole, verdict.resultSql)
    expect(await answer(`sparse ${name}`, sparse, verdict.resultSql)).toEqual(expected)
    if (!name.includes('nothing')) expect(expected.length).toBeGreaterThan(0)
    expect(there).toBeLessThan(stored / 20)
  })
})
