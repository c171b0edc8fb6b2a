import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance, type Json } from '@duckdb/node-api'

export interface ParquetFile {
  readonly path: string
  readonly bytes: Uint8Array
}

export interface Engine {
  readonly directory: string
  rows(sql: string): Promise<Json[][]>
  /** A Parquet file with these rows, and options of COPY. */
  parquet(select: string, options?: string): Promise<ParquetFile>
  close(): Promise<void>
}

/** A DuckDB with a folder for its files, in memory. */
export async function startEngine(): Promise<Engine> {
  const directory = await mkdtemp('/dev/shm/reinraum-datasets-')
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  let files = 0
  return {
    directory,
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowsJson(),
    async parquet(select, options = '') {
      files += 1
      const path = join(directory, `whole-${files}.parquet`)
      await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet${options})`)
      return { path, bytes: new Uint8Array(await readFile(path)) }
    },
    async close() {
      connection.closeSync()
      instance.closeSync()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
