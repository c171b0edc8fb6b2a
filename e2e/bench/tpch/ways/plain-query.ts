import { createInterface } from 'node:readline'
import { DuckDBInstance } from '@duckdb/node-api'

// Plain DuckDB as a program of its own: started and open before it is asked, one question, the answer to a Parquet file.

export interface PlainJob {
  readonly tables: readonly { readonly name: string; readonly file: string }[]
  readonly sql: string
  readonly result: string
}

const [threads = '1', memoryMiB = '1024'] = process.argv.slice(2)
const instance = await DuckDBInstance.create(':memory:', { memory_limit: `${memoryMiB}MiB`, threads, temp_directory: '' })
const connection = await instance.connect()
process.stdout.write('open\n')
for await (const line of createInterface({ input: process.stdin })) {
  const { tables, sql, result } = JSON.parse(line) as PlainJob
  for (const { name, file } of tables) await connection.run(`CREATE VIEW ${name} AS SELECT * FROM read_parquet('${file}')`)
  await connection.run(`COPY (${sql}) TO '${result}' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`)
  process.stdout.write('done\n')
  process.stdout.write(`${process.resourceUsage().maxRSS}\n`)
}
