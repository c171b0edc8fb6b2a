import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'

/** Something that a query or its plan can hold, by the engine's name for it: `scalar md5`, `plan LOGICAL_GET`. */
export type EngineName = string

/** Every function that the engine's catalogue has, by kind. */
export async function functionsOf(connection: DuckDBConnection): Promise<readonly EngineName[]> {
  const reader = await connection.runAndReadAll('SELECT DISTINCT function_type, function_name FROM duckdb_functions()')
  return reader
    .getRows()
    .map(([kind, name]) => `${kind} ${name}`)
    .sort()
}

const kinds: readonly (readonly [kind: string, names: RegExp])[] = [
  ['plan', /^(LOGICAL|BOUND)_/],
  ['expression', /^(COMPARE|OPERATOR|WINDOW|CONJUNCTION|VALUE|GROUPING|CASE|EXPR)_/],
  ['node', /_(NODE|MODIFIER|REF)$/],
]

/**
 * Names of plan operators, expressions and nodes. The engine cannot be asked for them, but it writes them into plans and
 * ASTs, so they stand in its library as texts. Linkers fold a text into the end of another one, so a name can be missing
 * here; a new one that is folded away is refused as unknown where it turns up.
 */
export function nodesOfLibrary(): readonly EngineName[] {
  const texts = readFileSync(libraryPath()).toString('latin1')
  const words = new Set(Array.from(texts.matchAll(/(?<=\0)[A-Z]+(?:_[A-Z]+)+(?=\0)/g), ([word]) => word))
  return [...words]
    .flatMap((word) => {
      const kind = kinds.find(([, names]) => names.test(word))?.[0]
      return kind === undefined ? [] : [`${kind} ${word}`]
    })
    .sort()
}

function libraryPath(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('@duckdb/node-api'))
  const bindings = createRequire(require.resolve('@duckdb/node-bindings'))
  const folder = dirname(bindings.resolve(`@duckdb/node-bindings-${process.platform}-${process.arch}/duckdb.node`))
  return join(folder, process.platform === 'darwin' ? 'libduckdb.dylib' : 'libduckdb.so')
}
