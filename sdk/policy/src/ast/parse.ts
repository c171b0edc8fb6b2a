import type { Parser } from '../engine/parser.ts'
import { type GuardReason, refuse } from '../reasons.ts'

/** Bounds on what is worth understanding; DuckDB's own limit on nesting is 1000. */
export const limits = { sqlBytes: 100_000, nodes: 20_000, depth: 120 } as const

/**
 * One SELECT statement as DuckDB's own parser sees it. The text goes in as a bound parameter; nothing of it is executed
 * or bound to names.
 */
export async function parseStatement({ parse }: Parser, sql: string): Promise<unknown> {
  if (Buffer.byteLength(sql, 'utf8') > limits.sqlBytes) refuse('too-complex', `the SQL is longer than ${limits.sqlBytes} bytes`)
  if (sql.includes('\0') || !sql.isWellFormed()) refuse('syntax-error', 'the SQL is not plain text')
  const result = parseAst(await parse(sql)) as {
    error?: unknown
    error_type?: unknown
    position?: unknown
    statements?: unknown
  }
  if (result.error !== false || !Array.isArray(result.statements)) refuseUnparsed(result)
  if (result.statements.length !== 1) refuse('not-one-statement', 'a query is exactly one SELECT statement')
  const statement: unknown = result.statements[0]
  checkSize(statement)
  return statement
}

/** What the engine writes for the location of a node that has none. */
const nowhere = '"query_location":18446744073709551615'

/** Integers that a double cannot hold stay exact: large constants. A location that means none becomes null. */
export function parseAst(json: string): unknown {
  const text = json.includes(nowhere) ? json.replaceAll(nowhere, '"query_location":null') : json
  // only a few texts have such integers, and looking at every value costs more than everything else
  if (!/\d{16}/.test(text)) return JSON.parse(text)
  const exact = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown)
}

function refuseUnparsed(result: { error_type?: unknown; position?: unknown }): never {
  const offset = typeof result.position === 'string' && /^\d{1,9}$/.test(result.position) ? Number(result.position) : undefined
  const code: GuardReason = result.error_type === 'parser' ? 'syntax-error' : 'statement-not-allowed'
  const message = code === 'syntax-error' ? 'the SQL does not parse here' : 'a query is one SELECT statement, nothing else'
  return refuse(code, message, offset)
}

function checkSize(statement: unknown): void {
  let nodes = 0
  const visit = (value: unknown, depth: number): void => {
    if (value === null || typeof value !== 'object') return
    nodes += 1
    if (nodes > limits.nodes || depth > 4 * limits.depth) refuse('too-complex', 'the query is too large or too deeply nested')
    for (const child of Object.values(value)) visit(child, depth + 1)
  }
  visit(statement, 0)
}
