import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

/** An engine that knows no data yet: it is opened while its process waits, which takes longer than a short query. */
export async function openQueryEngine(memoryMiB: number, threads: number): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMiB}MiB`,
    threads: String(threads),
    // No spilling: DuckDB cannot encrypt its temporary files without a further extension.
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  })
  return instance.connect()
}
