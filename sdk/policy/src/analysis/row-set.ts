import type { SelectNode } from '../ast/nodes.ts'
import { offsetWithin, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Condition, From } from './block.ts'
import type { Expression } from './expression.ts'
import type { FromRead } from './from.ts'
import { requireBoolean } from './operators.ts'
import { outputName } from './output-names.ts'
import { type Environment, translate } from './translate.ts'

/**
 * Rows of datasets that a subquery picks without aggregating them. It is put in place of the subquery's name: its columns
 * are expressions over the columns behind them and its conditions join those of the query around it, so that every rule
 * is applied to the columns that an owner named.
 */
export interface RowSet {
  readonly from: From
  readonly where: readonly Condition[]
  readonly columns: readonly { readonly name: string; readonly value: Expression }[]
}

export function rowSet(select: SelectNode, source: FromRead, rows: Environment): RowSet {
  checkModifiers(select, rows)
  if (select.qualify !== null) {
    refuse('window-not-allowed', 'QUALIFY filters results; rows of datasets have no windows', offsetWithin(select.qualify))
  }
  const columns = select.select_list.map((node, i) => ({ name: outputName(node, i), value: translate(node, rows) }))
  return { from: source.from, where: [...source.where, ...conditionsOf(select.where_clause, rows)], columns }
}

export function conditionsOf(node: unknown, rows: Environment): readonly Condition[] {
  if (node === null) return []
  const offset = offsetWithin(node)
  return [{ value: requireBoolean(translate(node, rows), undefined), offset }]
}

/** An order of rows that are aggregated later means nothing; a cut of them would show where the cut fell. */
function checkModifiers(select: SelectNode, rows: Environment): void {
  for (const modifier of select.modifiers) {
    if (tagOf(modifier, 'type') !== 'ORDER_MODIFIER') {
      refuse(
        'raw-rows',
        'DISTINCT and LIMIT of rows of a protected dataset are not allowed; aggregate the rows, then cut the result',
        offsetWithin(modifier) ?? offsetWithin(select.select_list),
      )
    }
    const { orders } = modifier as { orders?: unknown }
    for (const order of Array.isArray(orders) ? orders : []) {
      const { expression } = order as { expression?: unknown }
      if (tagOf(expression, 'class') !== 'COLUMN_REF' && tagOf(expression, 'class') !== 'CONSTANT') translate(expression, rows)
    }
  }
}
