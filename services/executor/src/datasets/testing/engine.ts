import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance, type Json } from '@duckdb/node-api'

export interface Engine {
  readonly directory: string
  rows(sql: string): Promise<Json>
  /** The bytes of a Parquet file with these rows. */
  parquet(select: string, options?: string): Promise<Uint8Array>
  close(): Promise<void>
}

/** A DuckDB with the folder of its files, in memory. */
export async function startEngine(): Promise<Engine> {
  const directory = await mkdtemp(join(tmpdir(), 'reinraum-datasets-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  // A file that is written anew within a second would be read as it was.
  await connection.run('SET enable_external_file_cache = false')
  let files = 0
  return {
    directory,
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowsJson(),
    async parquet(select, options = '') {
      files += 1
      const path = join(directory, `${files}.whole`)
      await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet${options})`)
      return readFile(path)
    },
    async close() {
      connection.closeSync()
      instance.closeSync()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
