import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

/** Where the engine puts what does not fit into its memory, and how much of it. */
export interface Spilling {
  readonly directory: string
  readonly mebibytes: number
}

/** An engine that knows no data yet: it is opened while its process waits, which takes longer than a short query. */
export async function openQueryEngine(memoryMiB: number, threads: number, spilling?: Spilling): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMiB}MiB`,
    threads: String(threads),
    // DuckDB cannot encrypt its temporary files without a further extension: it spills where the disk is encrypted, or not at all.
    temp_directory: spilling?.directory ?? '',
    ...(spilling === undefined ? {} : { max_temp_directory_size: `${spilling.mebibytes}MiB` }),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  })
  return instance.connect()
}
