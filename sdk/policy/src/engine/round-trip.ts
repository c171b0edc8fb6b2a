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
  { keywords, parse }: Parser,
  select: Node,
  bind: (sql: string) => Promise<T>,
): Promise<{ readonly sql: string; readonly bound: T }> {
  const sql = printQuery(select, keywords)
  const [readBack, bound] = await Promise.allSettled([parse(sql).then((text) => expectSame(select, text)), bind(sql)])
  if (readBack.status === 'rejected') throw readBack.reason
  if (bound.status === 'rejected') throw bound.reason
  return { sql, bound: bound.value }
}

function expectSame(select: Node, text: string): void {
  if (isSame({ error: false, statements: [ast.query(select)] }, parseAst(text))) return
  refuse('plan-not-allowed', 'the rewritten query does not read back as it was written')
}

/** Field by field, without what the engine's AST legitimately lacks: positions of what was built, and hints. */
function isSame(written: unknown, read: unknown): boolean {
  if (written === read) return true
  if (typeof written !== 'object' || typeof read !== 'object' || written === null || read === null) return false
  if (Array.isArray(written) || Array.isArray(read)) {
    const lists = Array.isArray(written) && Array.isArray(read) && written.length === read.length
    return lists && written.every((item, i) => isSame(item, read[i]))
  }
  const [own, other] = [written as Node, read as Node]
  let fields = 0
  for (const field of Object.keys(own)) {
    if (field === 'query_location' || field === ast.hintField) continue
    if (!Object.hasOwn(other, field) || !isSame(own[field], other[field])) return false
    fields += 1
  }
  return fields === Object.keys(other).length - (Object.hasOwn(other, 'query_location') ? 1 : 0)
}
