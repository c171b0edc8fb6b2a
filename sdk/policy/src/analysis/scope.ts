import { sameName } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Relation } from './block.ts'
import type { Expression } from './expression.ts'

/** Which columns names can mean: `merged` are those that USING made one. */
export interface Scope {
  readonly relations: readonly Relation[]
  readonly merged: ReadonlyMap<string, Expression>
}

export function columnOf(relation: Relation, name: string): Expression | undefined {
  const found = relation.columns.find((c) => sameName(c.name, name))
  const slot = relation.source.kind === 'slot' ? relation.source.slot.id : null
  return found && { kind: 'column', table: relation.table, name: found.name, type: found.type, slot }
}

/** `column` or `table.column`; whole rows, rowid and other names that no schema declares do not resolve. */
export function lookup(scope: Scope, names: readonly string[], offset: number | undefined): Expression | undefined {
  const [first, second] = names
  if (first === undefined || names.length > 2)
    return refuse('column-unknown', 'a column is written column or table.column', offset)
  if (second !== undefined) {
    const relation = scope.relations.find((r) => sameName(r.alias, first))
    return relation && columnOf(relation, second)
  }
  const merged = scope.merged.get(first.toLowerCase())
  if (merged !== undefined) return merged
  const found = scope.relations.flatMap((r) => columnOf(r, first) ?? [])
  if (found.length > 1) refuse('column-ambiguous', 'several tables have this column; write table.column', offset)
  return found[0]
}

export function resolve(scope: Scope, names: readonly string[], offset: number | undefined): Expression {
  return lookup(scope, names, offset) ?? refuse('column-unknown', 'there is no such column here', offset)
}
