import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { disabledOptimizers } from './optimizers.ts'
import { openParser, type Parser } from './parser.ts'
import { openShadows, type Shadows } from './shadows.ts'

/**
 * Parses and binds hostile text, so it can reach nothing: no files, no network, no extensions, and no way to turn any of
 * that on. Binding alone opens files otherwise (`read_csv('/etc/passwd')` was read while only asking for its plan).
 */
const locked = {
  // set before the lock, which refuses it afterwards
  temp_directory: '',
  enable_external_access: 'false',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  allow_unsigned_extensions: 'false',
  threads: '1',
  memory_limit: '256MB',
  // for plans of what a query reads: no other statement here has anything to optimize
  disabled_optimizers: disabledOptimizers,
  lock_configuration: 'true',
} as const

export interface Engine {
  /** Runs with a connection of its own: temporary tables and names of one check are invisible to every other. */
  readonly use: <T>(work: (connection: DuckDBConnection) => Promise<T>) => Promise<T>
  readonly parser: Parser
  readonly shadows: Shadows
  readonly close: () => void
}

export async function openEngine(): Promise<Engine> {
  const instance = await DuckDBInstance.create(':memory:', locked)
  const parser = await openParser(instance)
  const shadows = openShadows(instance)
  return {
    use: async (work) => {
      const connection = await instance.connect()
      try {
        return await work(connection)
      } finally {
        connection.closeSync()
      }
    },
    parser,
    shadows,
    close() {
      shadows.close()
      parser.close()
      instance.closeSync()
    },
  }
}
