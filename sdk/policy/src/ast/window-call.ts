import { expressionFields, type Node, type OrderNode } from './build.ts'

export interface WindowParts {
  readonly partitions: readonly Node[]
  readonly orders: readonly OrderNode[]
  readonly start: string
  readonly end: string
  readonly startBy: Node | null
  readonly endBy: Node | null
  readonly withoutCurrentRow: boolean
  readonly offset?: Node | null
  readonly otherwise?: Node | null
  readonly ignoreNulls?: boolean
  readonly filter?: Node | null
  readonly distinct?: boolean
  readonly argumentOrders?: readonly OrderNode[]
}

const windowTypes: Readonly<Record<string, string>> = {
  rank: 'WINDOW_RANK',
  dense_rank: 'WINDOW_RANK_DENSE',
  row_number: 'WINDOW_ROW_NUMBER',
  percent_rank: 'WINDOW_PERCENT_RANK',
  cume_dist: 'WINDOW_CUME_DIST',
  ntile: 'WINDOW_NTILE',
  first_value: 'WINDOW_FIRST_VALUE',
  last_value: 'WINDOW_LAST_VALUE',
  nth_value: 'WINDOW_NTH_VALUE',
  lag: 'WINDOW_LAG',
  lead: 'WINDOW_LEAD',
}

/** Any function over any window. */
export function windowCall(name: string, children: readonly Node[], parts: WindowParts): Node {
  return {
    class: 'WINDOW',
    type: windowTypes[name] ?? 'WINDOW_AGGREGATE',
    ...expressionFields,
    // as the parser writes count(*) over a window
    function_name: name === 'count_star' ? 'count' : name,
    schema: '',
    catalog: '',
    children,
    partitions: parts.partitions,
    orders: parts.orders,
    start: parts.start,
    end: parts.end,
    start_expr: parts.startBy,
    end_expr: parts.endBy,
    offset_expr: parts.offset ?? null,
    default_expr: parts.otherwise ?? null,
    ignore_nulls: parts.ignoreNulls === true,
    filter_expr: parts.filter ?? null,
    exclude_clause: parts.withoutCurrentRow ? 'CURRENT_ROW' : 'NO_OTHER',
    distinct: parts.distinct === true,
    arg_orders: parts.argumentOrders ?? [],
  }
}
