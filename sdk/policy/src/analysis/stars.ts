import { type SelectNode, starNode } from '../ast/nodes.ts'
import { offsetWithin, read, sameName, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { NamedTable, Scope } from './scope.ts'

const maximumColumns = 256

/**
 * `SELECT *` and `t.*` over subqueries stand for the columns that the query named in them, as if it had named them again.
 * A star over a dataset stays one, which nothing reads: its columns are named one by one.
 */
export function withoutStars(select: SelectNode, scope: Scope): SelectNode {
  if (!select.select_list.some(isStar)) return select
  const items = select.select_list.flatMap((item) => (isStar(item) ? columnsBehind(item, scope) : [item]))
  if (items.length > maximumColumns) refuse('too-complex', `SELECT lists at most ${maximumColumns} items`, offsetWithin(items))
  return { ...select, select_list: items }
}

export function isStar(item: unknown): boolean {
  return tagOf(item, 'class') === 'STAR'
}

function columnsBehind(item: unknown, scope: Scope): readonly unknown[] {
  const { relation_name, query_location } = read(starNode, item, 'star-not-allowed', 'name the columns: * stands alone')
  const tables = scope.tables.filter((t) => relation_name === '' || sameName(t.alias, relation_name))
  if (tables.length === 0 || tables.some((t) => t.listed !== true)) {
    return refuse('star-not-allowed', 'name the columns: * takes those of a subquery only, not of a dataset', offsetWithin(item))
  }
  const reference = (names: readonly string[]) => {
    return { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', query_location, column_names: names }
  }
  const seen = new Set<string>()
  return tables.flatMap((table: NamedTable) =>
    table.columns.flatMap(({ name }) => {
      // USING makes one column of two, which * gives once
      const key = name.toLowerCase()
      const merged = relation_name === '' && scope.merged.has(key)
      if (!merged) return [reference([table.alias, name])]
      if (seen.has(key)) return []
      seen.add(key)
      return [reference([name])]
    }),
  )
}
