import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { definitionOf } from './plan-columns.ts'
import { preparePlanner } from './shadow.ts'

type PlanNode = Readonly<Record<string, unknown>>

// A plan leaves out what is a default, and with it the number of a table's first column: a scan may be wider than it says.
test('a reference past a scan is followed to what it is to, or to nothing', async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run('CREATE TABLE a (x INTEGER, y INTEGER); CREATE TABLE b (z INTEGER, w INTEGER)')
    const planner = await preparePlanner(connection)
    const right = '(SELECT z + 1 AS one, w + 2 AS two, z + 3 AS three FROM b) r'
    planner.bindVarchar(1, `SELECT a.x, a.y, r.one AS o, r.two AS t, r.three AS h FROM a CROSS JOIN ${right}`)
    const plan = JSON.parse(String((await planner.runAndReadAll()).getRows()[0]?.[0])) as { readonly plans: readonly PlanNode[] }
    const top = plan.plans[0] ?? {}
    const references = top.expressions as readonly PlanNode[]
    expect(references.map(({ expression_class }) => expression_class)).toEqual(Array(5).fill('BOUND_REF'))
    const found = references.map((reference) => definitionOf(reference, top, new Map())?.expression.alias ?? 'nothing')
    const real = [['nothing'], ['nothing'], ['nothing', 'one'], ['nothing', 'two'], ['nothing', 'three']]
    for (const [i, alias] of found.entries()) expect(real[i]).toContain(alias)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
})
