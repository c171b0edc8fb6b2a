import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { questions } from '../questions/questions.ts'
import { tables } from '../tables.ts'
import { missedChecks } from './check.ts'
import type { Scale } from './draw.ts'
import { generated, openGenerator } from './generate.ts'
import { shortestPassage } from './text.ts'

test('the tables have the cardinalities and distributions of TPC-H, and every question has an answer', async () => {
  await withTables({ factor: 0.01, seed: 1 }, 2, async (connection) => {
    expect(await missedChecks(connection, { factor: 0.01, seed: 1 })).toEqual([])
    for (const { name, schema } of tables) {
      const described = (await connection.runAndReadAll(`DESCRIBE ${name}`)).getRowsJson()
      expect(described.map(([column, type]) => ({ name: column, type }))).toEqual(schema.columns)
    }
    const all = questions(0.01)
    expect(all).toHaveLength(22)
    for (const sql of all) await connection.run(sql)
    const shortest = await connection.runAndReadAll('SELECT min(length(passage)) FROM passages')
    expect(Number(shortest.getRows()[0]?.[0])).toBeGreaterThanOrEqual(shortestPassage)
  })
})

test('a check notices what is not as it should be', async () => {
  const scale = { factor: 0.001, seed: 1 }
  await withTables(scale, 1, async (connection) => {
    await connection.run("UPDATE lineitem SET l_linestatus = 'F' WHERE l_linestatus = 'O'")
    await connection.run('DELETE FROM region WHERE r_regionkey = 4')
    const missed = await missedChecks(connection, scale)
    expect(missed).toContainEqual(expect.stringMatching(/^rows of region: 4 /))
    expect(missed).toContainEqual(expect.stringMatching(/^line statuses: /))
    expect(missed).toContainEqual(expect.stringMatching(/^order statuses: /))
  })
})

test('the same seed gives the same tables in however many threads, another seed gives others', async () => {
  const [first, again, other] = await Promise.all([fingerprints(1, 1), fingerprints(1, 2), fingerprints(2, 2)])
  expect(again).toEqual(first)
  // The five regions and 25 nations differ in their comments.
  for (const [i, { name }] of tables.entries()) expect({ name, same: other[i] === first[i] }).toEqual({ name, same: false })
})

async function fingerprints(seed: number, threads: number): Promise<readonly string[]> {
  const found: string[] = []
  await withTables({ factor: 0.001, seed }, threads, async (connection) => {
    for (const { name } of tables) {
      const rows = await connection.runAndReadAll(`SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM ${name} t`)
      found.push(rows.getRows().join())
    }
  })
  return found
}

async function withTables(scale: Scale, threads: number, body: (connection: DuckDBConnection) => Promise<void>): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) })
  const connection = await instance.connect()
  try {
    await openGenerator(connection, scale)
    for (const { name } of tables) await connection.run(`CREATE TABLE ${name} AS ${generated(name, scale)}`)
    await body(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
