import type { DuckDBConnection } from '@duckdb/node-api'
import type { Node } from '../ast/build.ts'
import { query } from '../ast/build.ts'
import { parseAst, serialize } from '../ast/parse.ts'
import { refuse } from '../reasons.ts'

/**
 * The SQL text of a statement that the guard built. The text is parsed again and must give the same AST: whatever
 * quoting or printing does, the text that the enclave executes means what was checked.
 */
export async function sqlOf(connection: DuckDBConnection, select: Node): Promise<string> {
  if (sizeOf(select) > maximumNodes) refuse('too-complex', 'the rewritten query is too large; ask for less at once')
  const ast = { error: false, statements: [query(select)] }
  const sql = await printed(connection, astText(ast))
  if (canonical(parseAst(await serialize(connection, sql))) !== canonical(ast)) {
    refuse('plan-not-allowed', 'the rewritten query does not read back as it was written')
  }
  return sql
}

/** What DuckDB's own memory, which is small here, holds the text and the plan of. */
const maximumNodes = 100_000

/** Parts are shared in memory and not in the text, so each counts as often as it stands there. */
function sizeOf(select: Node): number {
  const known = new Map<object, number>()
  const size = (value: unknown): number => {
    if (value === null || typeof value !== 'object') return 0
    const found = known.get(value)
    if (found !== undefined) return found
    const own = Object.values(value).reduce<number>((sum, child) => sum + size(child), 1)
    known.set(value, own)
    return own
  }
  return size(select)
}

async function printed(connection: DuckDBConnection, ast: string): Promise<string> {
  const statement = 'SELECT json_deserialize_sql($ast::VARCHAR::JSON)'
  const reader = await connection
    .runAndReadAll(statement, { ast })
    .catch(() => refuse('too-complex', 'the engine cannot print the rewritten query'))
  return String(reader.getRows()[0]?.[0])
}

/** JSON with integers of any size. */
function astText(value: unknown): string {
  const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? raw(v.toString()) : v))
}

/** Without what printing legitimately loses: positions. */
function canonical(value: unknown): string {
  const sorted = (v: unknown): unknown => {
    if (typeof v === 'bigint') return `${v}n`
    if (v === null || typeof v !== 'object') return v
    if (Array.isArray(v)) return v.map(sorted)
    const entries = Object.entries(v).filter(([key]) => key !== 'query_location')
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, child]) => [key, sorted(child)]))
  }
  return JSON.stringify(sorted(value))
}
