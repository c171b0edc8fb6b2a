import { expect, test } from 'vitest'
import { openEngine } from './instance.ts'
import { withUnknownRows } from './optimizing.ts'
import { createTable } from './shadow.ts'

const table = (id: string) => ({ id, schema: { columns: [{ name: 'key', type: 'BIGINT' }] } })

test('no table is taken for empty, neither a dataset nor one that is made, and afterwards nothing is left', async () => {
  const engine = await openEngine()
  await engine.use(async (connection) => {
    await connection.run(createTable(table('rows')))
    const plans = await withUnknownRows(connection, [table('rows')], async ({ optimized, make }) => {
      await make('made', table('made').schema.columns)
      return Promise.all(['rows', 'made'].map((name) => optimized(`SELECT key FROM ${name} WHERE key > 3`)))
    })
    for (const plan of plans) expect(JSON.stringify(plan)).toMatch(/LOGICAL_GET.*COMPARE_GREATERTHAN/)
    expect((await connection.runAndReadAll('SELECT count(*) FROM rows')).getRows()).toEqual([[0n]])
    expect((await connection.runAndReadAll('SELECT table_name FROM duckdb_tables()')).getRows()).toEqual([['rows']])
  })
  engine.close()
})
