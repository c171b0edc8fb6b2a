// Nodes of the rewritten query, with every field that the parser would write, so that the text made of them parses back
// to the same AST. Only shapes that the guard itself needs have a builder.

export type Node = { readonly [field: string]: unknown }

export const expressionFields = { alias: '', query_location: null }
const tableFields = { sample: null, query_location: null }

function logicalType(name: string): Node {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(name)
  if (decimal === null) return { id: name, type_info: null }
  const info = {
    type: 'DECIMAL_TYPE_INFO',
    alias: '',
    extension_info: null,
    width: Number(decimal[1]),
    scale: Number(decimal[2]),
  }
  return { id: 'DECIMAL', type_info: info }
}

export function column(table: string, name: string): Node {
  return { class: 'COLUMN_REF', type: 'COLUMN_REF', ...expressionFields, column_names: [table, name] }
}

export function text(value: string): Node {
  return constant({ type: logicalType('VARCHAR'), is_null: false, value })
}

/** Typed as the parser types a literal: INTEGER where it fits, else BIGINT. */
export function integer(value: bigint): Node {
  const id = value >= -2147483648n && value <= 2147483647n ? 'INTEGER' : 'BIGINT'
  return constant({ type: logicalType(id), is_null: false, value: Number.isSafeInteger(Number(value)) ? Number(value) : value })
}

export function nothing(): Node {
  return constant({ type: logicalType('NULL'), is_null: true })
}

function constant(value: Node): Node {
  return { class: 'CONSTANT', type: 'VALUE_CONSTANT', ...expressionFields, value }
}

export interface CallOptions {
  readonly distinct?: boolean
  readonly filter?: Node | null
  readonly orders?: readonly OrderNode[]
}

export function call(name: string, children: readonly Node[], options: CallOptions = {}): Node {
  return {
    class: 'FUNCTION',
    type: 'FUNCTION',
    ...expressionFields,
    function_name: name,
    schema: '',
    children,
    filter: options.filter ?? null,
    order_bys: { type: 'ORDER_MODIFIER', orders: options.orders ?? [] },
    distinct: options.distinct === true,
    is_operator: /^[^a-z]+$/.test(name),
    export_state: false,
    catalog: '',
  }
}

export interface OrderNode extends Node {
  readonly type: 'ASCENDING' | 'DESCENDING'
  readonly null_order: 'NULLS FIRST' | 'NULLS LAST'
  readonly expression: Node
}

export function orderBy(expression: Node, descending: boolean, nullsFirst: boolean): OrderNode {
  const type = descending ? 'DESCENDING' : 'ASCENDING'
  return { type, null_order: nullsFirst ? 'NULLS FIRST' : 'NULLS LAST', expression }
}

export function cast(child: Node, type: string, attempt = false): Node {
  return { class: 'CAST', type: 'OPERATOR_CAST', ...expressionFields, child, cast_type: logicalType(type), try_cast: attempt }
}

export function comparison(type: string, left: Node, right: Node): Node {
  return { class: 'COMPARISON', type, ...expressionFields, left, right }
}

/** Flat, as the parser makes it: (a AND b) AND c is one conjunction of three. */
export function conjunction(op: 'and' | 'or', terms: readonly Node[]): Node {
  const type = op === 'and' ? 'CONJUNCTION_AND' : 'CONJUNCTION_OR'
  const children = terms.flatMap((t) => (t.type === type ? (t.children as readonly Node[]) : [t]))
  const [only] = children
  return children.length === 1 && only !== undefined ? only : { class: 'CONJUNCTION', type, ...expressionFields, children }
}

const negated: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: 'COMPARE_NOTEQUAL',
  COMPARE_NOTEQUAL: 'COMPARE_EQUAL',
  COMPARE_LESSTHAN: 'COMPARE_GREATERTHANOREQUALTO',
  COMPARE_GREATERTHANOREQUALTO: 'COMPARE_LESSTHAN',
  COMPARE_GREATERTHAN: 'COMPARE_LESSTHANOREQUALTO',
  COMPARE_LESSTHANOREQUALTO: 'COMPARE_GREATERTHAN',
  COMPARE_IN: 'COMPARE_NOT_IN',
  COMPARE_NOT_IN: 'COMPARE_IN',
  OPERATOR_IS_NULL: 'OPERATOR_IS_NOT_NULL',
  OPERATOR_IS_NOT_NULL: 'OPERATOR_IS_NULL',
}

/** NOT as the parser writes it: it turns comparisons around, which is the same in three-valued logic. */
export function negation(term: Node): Node {
  const opposite = Object.hasOwn(negated, String(term.type)) ? negated[String(term.type)] : undefined
  return opposite === undefined ? operator('OPERATOR_NOT', [term]) : { ...term, type: opposite }
}

export function operator(type: string, children: readonly Node[]): Node {
  return { class: 'OPERATOR', type, ...expressionFields, children }
}

export function choose(when: Node, result: Node, otherwise: Node): Node {
  return chooseFirst([{ when, result }], otherwise)
}

export function chooseFirst(branches: readonly { readonly when: Node; readonly result: Node }[], otherwise: Node): Node {
  const case_checks = branches.map(({ when, result }) => ({ when_expr: when, then_expr: result }))
  return { class: 'CASE', type: 'CASE_EXPR', ...expressionFields, case_checks, else_expr: otherwise }
}

/** The same text for the same node. */
export function textOf(node: Node): string {
  try {
    return JSON.stringify(node)
  } catch {
    // a large constant is a bigint, which JSON has no word for: looking at every value for one takes long
    return JSON.stringify(node, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
  }
}

export function named(node: Node, alias: string): Node {
  return { ...node, alias }
}

export function table(name: string, alias: string): Node {
  return {
    type: 'BASE_TABLE',
    alias,
    ...tableFields,
    schema_name: '',
    table_name: name,
    column_name_alias: [],
    catalog_name: '',
    at_clause: null,
  }
}

export function subquery(select: Node, alias: string): Node {
  return { type: 'SUBQUERY', alias, ...tableFields, subquery: query(select), column_name_alias: [] }
}

/** Whether the value is among those of a select with one column. */
export function isAmong(child: Node, select: Node): Node {
  return {
    class: 'SUBQUERY',
    type: 'SUBQUERY',
    ...expressionFields,
    subquery_type: 'ANY',
    subquery: query(select),
    child,
    comparison_type: 'COMPARE_EQUAL',
  }
}

export function join(joinType: string, left: Node, right: Node, condition: Node | null): Node {
  return {
    type: 'JOIN',
    alias: '',
    ...tableFields,
    left,
    right,
    condition,
    join_type: joinType,
    ref_type: condition === null ? 'CROSS' : 'REGULAR',
    using_columns: [],
    delim_flipped: false,
    duplicate_eliminated_columns: [],
  }
}

export function query(select: Node): Node {
  return { node: select, named_param_map: [] }
}

/** Column names are those of the left side. */
export function setOperation(type: 'UNION' | 'INTERSECT' | 'EXCEPT', all: boolean, left: Node, right: Node): Node {
  return {
    type: 'SET_OPERATION_NODE',
    modifiers: [],
    cte_map: { map: [] },
    setop_type: type,
    left,
    right,
    setop_all: all,
  }
}

export interface CommonTable {
  readonly name: string
  readonly select: Node
  /** computed once and kept, or put in the place of every reference; left out: the engine decides */
  readonly once?: boolean
}

export interface SelectParts {
  readonly ctes?: readonly CommonTable[]
  readonly list: readonly Node[]
  readonly from: Node
  readonly where?: Node | null
  /** positions in the list to group by, from 1 */
  readonly groups?: readonly number[]
  /** grouping sets of such positions, instead of groups */
  readonly sets?: readonly (readonly number[])[]
  readonly having?: Node | null
  readonly distinct?: boolean
  readonly order?: readonly { readonly value: Node; readonly descending: boolean; readonly nullsFirst: boolean }[]
  readonly limit?: number | null
  readonly offset?: number | null
}

export function select(parts: SelectParts): Node {
  const sets = (parts.sets ?? (parts.groups === undefined || parts.groups.length === 0 ? [] : [parts.groups])).map(rising)
  // in the order in which the parser meets them
  const groups = [...new Set(sets.flat())]
  return {
    type: 'SELECT_NODE',
    modifiers: modifiers(parts),
    cte_map: { map: (parts.ctes ?? []).map((table) => ({ key: table.name, value: commonTable(table) })) },
    select_list: parts.list,
    from_table: parts.from,
    where_clause: parts.where ?? null,
    group_expressions: groups.map((g) => integer(BigInt(g))),
    group_sets: sets.map((set) => rising(set.map((position) => groups.indexOf(position)))),
    aggregate_handling: 'STANDARD_HANDLING',
    having: parts.having ?? null,
    sample: null,
    qualify: null,
  }
}

function rising(numbers: readonly number[]): readonly number[] {
  return [...numbers].sort((a, b) => a - b)
}

/** Over all rows of a partition, or the number of a row in it. */
export function window(
  name: 'row_number' | 'dense_rank' | 'max' | 'bit_or' | 'count' | 'sum',
  children: readonly Node[],
  { partitions, orders = [] }: { readonly partitions: readonly Node[]; readonly orders?: readonly Node[] },
): Node {
  return {
    class: 'WINDOW',
    type: name === 'row_number' ? 'WINDOW_ROW_NUMBER' : name === 'dense_rank' ? 'WINDOW_RANK_DENSE' : 'WINDOW_AGGREGATE',
    ...expressionFields,
    function_name: name,
    schema: '',
    catalog: '',
    children,
    partitions,
    orders: orders.map((expression) => ({ type: 'ASCENDING', null_order: 'NULLS LAST', expression })),
    start: 'UNBOUNDED_PRECEDING',
    end: 'CURRENT_ROW_RANGE',
    start_expr: null,
    end_expr: null,
    offset_expr: null,
    default_expr: null,
    ignore_nulls: false,
    filter_expr: null,
    exclude_clause: 'NO_OTHER',
    distinct: false,
    arg_orders: [],
  }
}

function commonTable({ select, once }: CommonTable): Node {
  const hint = once === undefined ? {} : { [hintField]: once }
  return { aliases: [], query: query(select), materialized: 'CTE_MATERIALIZE_DEFAULT', key_targets: [], ...hint }
}

/** Whether a table expression is computed once: the engine reads it from the text, and its AST does not say it. */
export const hintField = 'once'

function modifiers({ distinct, order = [], limit = null, offset = null }: SelectParts): readonly Node[] {
  const count = (n: number | null) => (n === null ? null : integer(BigInt(n)))
  const orders = order.map(({ value, descending, nullsFirst }) => orderBy(value, descending, nullsFirst))
  return [
    ...(distinct === true ? [{ type: 'DISTINCT_MODIFIER', distinct_on_targets: [] }] : []),
    ...(orders.length > 0 ? [{ type: 'ORDER_MODIFIER', orders }] : []),
    ...(limit !== null || offset !== null ? [{ type: 'LIMIT_MODIFIER', limit: count(limit), offset: count(offset) }] : []),
  ]
}
