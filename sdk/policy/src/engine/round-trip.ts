import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { parseAst } from '../ast/parse.ts'
import { printQuery } from '../ast/print.ts'
import { refuse } from '../reasons.ts'
import type { Parser } from './parser.ts'

/**
 * The SQL text of a statement that the guard built, and what `bind` makes of it. The text is parsed again and must give the
 * same AST: whatever quoting or printing does, the text that the enclave executes means what was checked. Both are asked
 * at the same time, each on a connection of its own, since neither needs the other and both must hold.
 */
export async function checkedText<T>(
  { keywords, parseBriefly }: Parser,
  select: Node,
  bind: (sql: string) => Promise<T>,
): Promise<{ readonly sql: string; readonly bound: T }> {
  const sql = printQuery(select, keywords)
  const [readBack, bound] = await Promise.allSettled([parseBriefly(sql).then((text) => expectSame(select, text)), bind(sql)])
  if (readBack.status === 'rejected') throw readBack.reason
  if (bound.status === 'rejected') throw bound.reason
  return { sql, bound: bound.value }
}

function expectSame(select: Node, text: string): void {
  if (isSame({ error: false, statements: [ast.query(select)] }, parseAst(text))) return
  refuse('plan-not-allowed', 'the rewritten query does not read back as it was written')
}

/**
 * Field by field, without what the engine's AST legitimately lacks: positions of what was built, hints, and fields that have
 * the value which the engine leaves out.
 */
function isSame(written: unknown, read: unknown): boolean {
  if (written === read) return true
  if (typeof written !== 'object' || typeof read !== 'object' || written === null || read === null) return false
  if (Array.isArray(written)) return Array.isArray(read) && isSameList(written, read)
  if (Array.isArray(read)) return false
  const [own, other] = [written as Node, read as Node]
  let fields = other.query_location === undefined ? 0 : 1
  for (const field in own) {
    if (field === 'query_location' || field === ast.hintField) continue
    const value = other[field]
    if (value === undefined) {
      if (!isLeftOut(field, own[field])) return false
    } else if (isSame(own[field], value)) fields += 1
    else return false
  }
  return fields === Object.keys(other).length
}

function isSameList(written: readonly unknown[], read: readonly unknown[]): boolean {
  if (written.length !== read.length) return false
  for (let i = 0; i < written.length; i++) if (!isSame(written[i], read[i])) return false
  return true
}

/** Whether a field has the value that the engine (DuckDB 1.5) does not write: nothing, but for these few. */
export function isLeftOut(field: string, value: unknown): boolean {
  if (Object.hasOwn(leftOut, field)) return value === leftOut[field]
  return emptyWhenLeftOut.has(field) ? Array.isArray(value) && value.length === 0 : value === null && nullWhenLeftOut.has(field)
}

const leftOut: Readonly<Record<string, unknown>> = {
  ...{ alias: '', catalog: '', catalog_name: '', schema: '', schema_name: '', exclude_clause: 'NO_OTHER', scale: 0 },
  ...{ delim_flipped: false, distinct: false, export_state: false, ignore_nulls: false, is_operator: false, try_cast: false },
  setop_all: true,
}

const emptyWhenLeftOut: ReadonlySet<string> = new Set([
  ...['aliases', 'arg_orders', 'children', 'column_name_alias', 'distinct_on_targets', 'duplicate_eliminated_columns'],
  ...['group_expressions', 'group_sets', 'key_targets', 'map', 'modifiers', 'named_param_map', 'orders', 'partitions'],
  'using_columns',
])

const nullWhenLeftOut: ReadonlySet<string> = new Set([
  ...['at_clause', 'condition', 'default_expr', 'end_expr', 'extension_info', 'filter', 'filter_expr', 'having', 'offset'],
  ...['offset_expr', 'qualify', 'sample', 'start_expr', 'type_info', 'where_clause', 'limit'],
])
