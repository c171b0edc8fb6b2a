import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { DatasetSchema } from '@reinraum/statements'
import { expect, test } from 'vitest'
import { encodeParquet } from './encode.ts'
import { openSource } from './source.ts'

const schema: DatasetSchema = {
  columns: [
    { name: 'id', type: 'BIGINT' },
    { name: 'name', type: 'VARCHAR' },
  ],
}

// The engine fails where it would need more memory than it has, and it has nowhere else to write to.
test('a file of ten times the memory that sorting has is clustered in it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reinraum-cluster-long-'))
  const engine = await DuckDBInstance.create(':memory:')
  const connection = await engine.connect()
  const file = join(directory, 'large.parquet')
  const to = join(directory, 'clustered.parquet')
  try {
    await connection.run(`COPY (SELECT i AS id, md5(i::VARCHAR) AS name FROM range(2000000) t(i)) TO '${file}'`)
    const source = await openSource(file, schema, { clusterBy: 'name', unit: 'id', memory: 64 })
    const parquet = encodeParquet(source)
    await writeFile(to, parquet.bytes)
    source.close()
    expect(parquet.rowCount()).toBe(2_000_000)
    const back = `SELECT count(*)::INT FROM (SELECT name < lag(name) OVER () AS back FROM '${to}') WHERE back`
    expect((await connection.runAndReadAll(back)).getRowsJson()).toEqual([[0]])
    const all = (f: string) => `SELECT bit_xor(hash(id, name)) FROM '${f}'`
    expect((await connection.runAndReadAll(`SELECT (${all(file)}) = (${all(to)})`)).getRowsJson()).toEqual([[true]])
  } finally {
    connection.closeSync()
    engine.closeSync()
    await rm(directory, { recursive: true, force: true })
  }
}, 300_000)
