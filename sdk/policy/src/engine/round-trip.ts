import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { parseAst } from '../ast/parse.ts'
import { printQuery } from '../ast/print.ts'
import { refuse } from '../reasons.ts'
import type { Parser } from './parser.ts'

/**
 * The SQL text of a statement that the guard built. The text is parsed again and must give the same AST: whatever
 * quoting or printing does, the text that the enclave executes means what was checked.
 */
export async function sqlOf({ keywords, parse }: Parser, select: Node): Promise<string> {
  const sql = printQuery(select, keywords)
  if (!isSame({ error: false, statements: [ast.query(select)] }, parseAst(await parse(sql)))) {
    refuse('plan-not-allowed', 'the rewritten query does not read back as it was written')
  }
  return sql
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
