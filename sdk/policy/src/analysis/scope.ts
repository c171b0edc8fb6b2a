import { sameName } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Relation } from './block.ts'
import { slotsBehind } from './block.ts'
import { type Column, columnsOf, type Expression } from './expression.ts'

/** A table as the query names it; a subquery's columns are expressions over the columns behind it. */
export interface NamedTable {
  readonly alias: string
  readonly columns: readonly { readonly name: string; readonly value: Expression }[]
  /** whether the query itself named the columns, in a subquery */
  readonly listed?: boolean
}

/** Which columns names can mean: `merged` are those that USING made one. */
export interface Scope {
  readonly tables: readonly NamedTable[]
  readonly merged: ReadonlyMap<string, Expression>
}

export function namedTable(relation: Relation): NamedTable {
  return { alias: relation.alias, columns: relation.columns.map(({ name }) => ({ name, value: columnOf(relation, name) })) }
}

export function columnOf(relation: Relation, name: string): Column {
  const found = relation.columns.find((c) => c.name === name)
  if (found === undefined) throw new Error('a relation has the columns that are asked of it')
  return { kind: 'column', table: relation.table, name, type: found.type, slot: datasetOf(relation, name) }
}

/** Derived rows have a column from the dataset that its value is of; one of no column, such as a count, from their first. */
function datasetOf(relation: Relation, name: string): string | null {
  const { source } = relation
  const value = source.kind === 'derived' ? source.derived.columns.find((c) => c.name === name)?.value : undefined
  const behind = value ? columnsOf(value).find((c) => c.slot !== null)?.slot : undefined
  return behind ?? slotsBehind(relation)[0]?.id ?? null
}

/** `column` or `table.column`; whole rows, rowid and other names that no schema declares do not resolve. */
export function lookup(scope: Scope, names: readonly string[], offset: number | undefined): Expression | undefined {
  const [first, second] = names
  if (first === undefined || names.length > 2)
    return refuse('column-unknown', 'a column is written column or table.column', offset)
  if (second !== undefined) {
    const table = scope.tables.find((t) => sameName(t.alias, first))
    return table?.columns.find((c) => sameName(c.name, second))?.value
  }
  const merged = scope.merged.get(first.toLowerCase())
  if (merged !== undefined) return merged
  const found = scope.tables.flatMap((t) => t.columns.find((c) => sameName(c.name, first))?.value ?? [])
  if (found.length > 1) refuse('column-ambiguous', 'several tables have this column; write table.column', offset)
  return found[0]
}

export function resolve(scope: Scope, names: readonly string[], offset: number | undefined): Expression {
  const found = lookup(scope, names, offset)
  if (
    found === undefined &&
    names.length === 1 &&
    /^(current_(date|time|timestamp)|local(time|timestamp))$/i.test(names[0] ?? '')
  ) {
    refuse('function-not-allowed', 'a query does not know when it runs; write the date, or declare a parameter for it', offset)
  }
  return found ?? refuse('column-unknown', 'there is no such column here', offset)
}
