import { DuckDBInstance } from '@duckdb/node-api'
import type { Job, Outcome } from './job.ts'

/**
 * Runs the rewritten query over the run's datasets in a DuckDB that reaches nothing else: views first, then file access
 * limited to the run's own files, no extensions, no spilling, configuration locked, and only then the query.
 */
export async function runJob(job: Job): Promise<Outcome> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${job.memoryMiB}MiB`,
    threads: String(job.threads),
    // No spilling: DuckDB cannot encrypt its temporary files without a further extension.
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  })
  const connection = await instance.connect()
  try {
    for (const { slot, file, columns } of job.datasets) {
      // The slot's declared columns and types, whatever else the file holds.
      const list = columns.map(({ name, type }) => `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`)
      await connection.run(`CREATE VIEW ${identifier(slot)} AS SELECT ${list.join(', ')} FROM read_parquet(${literal(file)})`)
    }
    const files = [...job.datasets.map(({ file }) => file), job.result]
    await connection.run(`SET allowed_paths = [${files.map(literal).join(', ')}]`)
    await connection.run('SET enable_external_access = false')
    await connection.run('SET lock_configuration = true')
    // Written in place: there is no second file that this process could make.
    const options = '(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)'
    const { rowsChanged } = await connection.run(`COPY (${job.sql}) TO ${literal(job.result)} ${options}`)
    return { rowCount: rowsChanged }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
