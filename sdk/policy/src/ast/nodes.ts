import { z } from 'zod'

// The nodes of DuckDB's serialised AST (1.5) that the guard reads, with every field they have. Strict objects: a field
// that a new DuckDB adds, or one that is set where only its default is known, makes the node unreadable and the query
// refused.

/** null means none */
const location = z.int().min(0).nullable()
const node = z.unknown()
const expressionFields = { alias: z.string(), query_location: location }

const logicalType = z.strictObject({
  id: z.string(),
  type_info: z
    .strictObject({
      type: z.literal('DECIMAL_TYPE_INFO'),
      alias: z.literal(''),
      extension_info: z.null(),
      width: z.int(),
      scale: z.int(),
    })
    .nullable(),
})
export type LogicalType = z.infer<typeof logicalType>

export const columnRefNode = z.strictObject({
  class: z.literal('COLUMN_REF'),
  type: z.literal('COLUMN_REF'),
  ...expressionFields,
  column_names: z.array(z.string()).min(1),
})

export const constantNode = z.strictObject({
  class: z.literal('CONSTANT'),
  type: z.literal('VALUE_CONSTANT'),
  ...expressionFields,
  value: z.union([
    z.strictObject({ type: logicalType, is_null: z.literal(true) }),
    z.strictObject({
      type: logicalType,
      is_null: z.literal(false),
      value: z.union([z.string(), z.number(), z.bigint(), z.boolean()]),
    }),
  ]),
})

export const parameterNode = z.strictObject({
  class: z.literal('PARAMETER'),
  type: z.literal('VALUE_PARAMETER'),
  ...expressionFields,
  identifier: z.string(),
})

export const functionNode = z.strictObject({
  class: z.literal('FUNCTION'),
  type: z.literal('FUNCTION'),
  ...expressionFields,
  function_name: z.string(),
  schema: z.string(),
  catalog: z.literal(''),
  children: z.array(node),
  /** of an aggregate; a scalar function with one is refused where calls are translated */
  filter: node.nullable(),
  order_bys: z.strictObject({ type: z.literal('ORDER_MODIFIER'), orders: z.array(node) }),
  distinct: z.boolean(),
  is_operator: z.boolean(),
  export_state: z.literal(false),
})
export type FunctionNode = z.infer<typeof functionNode>

export const castNode = z.strictObject({
  class: z.literal('CAST'),
  type: z.literal('OPERATOR_CAST'),
  ...expressionFields,
  child: node,
  cast_type: logicalType,
  try_cast: z.boolean(),
})

export const comparisonNode = z.strictObject({
  class: z.literal('COMPARISON'),
  type: z.enum([
    'COMPARE_EQUAL',
    'COMPARE_NOTEQUAL',
    'COMPARE_LESSTHAN',
    'COMPARE_GREATERTHAN',
    'COMPARE_LESSTHANOREQUALTO',
    'COMPARE_GREATERTHANOREQUALTO',
    'COMPARE_DISTINCT_FROM',
    'COMPARE_NOT_DISTINCT_FROM',
  ]),
  ...expressionFields,
  left: node,
  right: node,
})
export type ComparisonType = z.infer<typeof comparisonNode>['type']

export const conjunctionNode = z.strictObject({
  class: z.literal('CONJUNCTION'),
  type: z.enum(['CONJUNCTION_AND', 'CONJUNCTION_OR']),
  ...expressionFields,
  children: z.array(node).min(1),
})

export const operatorNode = z.strictObject({
  class: z.literal('OPERATOR'),
  type: z.enum(['OPERATOR_NOT', 'OPERATOR_IS_NULL', 'OPERATOR_IS_NOT_NULL', 'OPERATOR_COALESCE', 'COMPARE_IN', 'COMPARE_NOT_IN']),
  ...expressionFields,
  children: z.array(node).min(1),
})

/** grouping(…) and its other name GROUPING_ID(…) */
export const groupingNode = z.strictObject({
  class: z.literal('OPERATOR'),
  type: z.literal('GROUPING_FUNCTION'),
  ...expressionFields,
  children: z.array(node),
})

export const betweenNode = z.strictObject({
  class: z.literal('BETWEEN'),
  type: z.literal('COMPARE_BETWEEN'),
  ...expressionFields,
  input: node,
  lower: node,
  upper: node,
})

export const caseNode = z.strictObject({
  class: z.literal('CASE'),
  type: z.literal('CASE_EXPR'),
  ...expressionFields,
  case_checks: z.array(z.strictObject({ when_expr: node, then_expr: node })).min(1),
  else_expr: node,
})

/** A statement inside another, with the parameters it uses. */
export const queryNode = z.strictObject({
  node,
  named_param_map: z.array(z.strictObject({ key: z.string(), value: z.int() })),
})

const subqueryFields = { class: z.literal('SUBQUERY'), type: z.literal('SUBQUERY'), ...expressionFields, subquery: queryNode }

export const subqueryNode = z.discriminatedUnion('subquery_type', [
  z.strictObject({
    ...subqueryFields,
    subquery_type: z.enum(['SCALAR', 'EXISTS']),
    child: z.null(),
    comparison_type: z.literal('INVALID'),
  }),
  z.strictObject({
    ...subqueryFields,
    subquery_type: z.literal('ANY'),
    child: node,
    comparison_type: z.literal('COMPARE_EQUAL'),
  }),
])

const emptyName = z.literal('')
const tableFields = { alias: z.string(), sample: z.null(), query_location: location }

export const baseTableNode = z.strictObject({
  type: z.literal('BASE_TABLE'),
  ...tableFields,
  schema_name: emptyName,
  catalog_name: emptyName,
  table_name: z.string(),
  column_name_alias: z.array(z.string()).length(0),
  at_clause: z.null(),
})

export const joinNode = z.strictObject({
  type: z.literal('JOIN'),
  ...tableFields,
  alias: emptyName,
  left: node,
  right: node,
  condition: node.nullable(),
  join_type: z.string(),
  ref_type: z.string(),
  using_columns: z.array(z.string()),
  delim_flipped: z.literal(false),
  duplicate_eliminated_columns: z.array(node).length(0),
})

export const subqueryTableNode = z.strictObject({
  type: z.literal('SUBQUERY'),
  ...tableFields,
  subquery: queryNode,
  column_name_alias: z.array(z.string()),
})

export const cteNode = z.strictObject({
  key: z.string(),
  value: z.strictObject({
    aliases: z.array(z.string()),
    query: queryNode,
    // 1.5 serialises no hint at all; a value other than the default would be one that nobody judged
    materialized: z.literal('CTE_MATERIALIZE_DEFAULT'),
    key_targets: z.array(node).length(0),
  }),
})

export const orderNode = z.strictObject({
  type: z.enum(['ORDER_DEFAULT', 'ASCENDING', 'DESCENDING']),
  null_order: z.enum(['ORDER_DEFAULT', 'NULLS FIRST', 'NULLS LAST']),
  expression: node,
})
const star = {
  class: z.literal('STAR'),
  type: z.literal('STAR'),
  ...expressionFields,
  alias: z.literal(''),
  exclude_list: z.array(node).length(0),
  replace_list: z.array(node).length(0),
  expr: z.null(),
  qualified_exclude_list: z.array(node).length(0),
  rename_list: z.array(node).length(0),
}
/** `*` or `t.*` in a SELECT list, without EXCLUDE and the like. */
export const starNode = z.strictObject({ ...star, relation_name: z.string(), columns: z.literal(false) })
/** ORDER BY ALL, which is how any lone star after ORDER BY is meant. */
export const orderByAllNode = z.strictObject({ ...star, relation_name: z.literal(''), columns: z.literal(true) })
export const orderModifier = z.strictObject({ type: z.literal('ORDER_MODIFIER'), orders: z.array(orderNode).min(1) })
export const limitModifier = z.strictObject({
  type: z.literal('LIMIT_MODIFIER'),
  limit: node.nullable(),
  offset: node.nullable(),
})
export const distinctModifier = z.strictObject({
  type: z.literal('DISTINCT_MODIFIER'),
  distinct_on_targets: z.array(node).length(0),
})

export const selectNode = z.strictObject({
  type: z.literal('SELECT_NODE'),
  modifiers: z.array(node),
  cte_map: z.strictObject({ map: z.array(cteNode) }),
  select_list: z.array(node).min(1),
  from_table: node,
  where_clause: node.nullable(),
  group_expressions: z.array(node),
  group_sets: z.array(z.array(z.int())),
  aggregate_handling: z.enum(['STANDARD_HANDLING', 'FORCE_AGGREGATES']),
  having: node.nullable(),
  sample: z.null(),
  qualify: node.nullable(),
})
export type SelectNode = z.infer<typeof selectNode>

export const setOperationNode = z.strictObject({
  type: z.literal('SET_OPERATION_NODE'),
  modifiers: z.array(node),
  cte_map: z.strictObject({ map: z.array(cteNode) }),
  setop_type: z.enum(['UNION', 'INTERSECT', 'EXCEPT']),
  setop_all: z.boolean(),
  left: node,
  right: node,
})
export type SetOperationNode = z.infer<typeof setOperationNode>

const boundary = z.enum([
  'UNBOUNDED_PRECEDING',
  'UNBOUNDED_FOLLOWING',
  ...(['ROWS', 'RANGE', 'GROUPS'] as const).flatMap((units) =>
    (['CURRENT_ROW', 'EXPR_PRECEDING', 'EXPR_FOLLOWING'] as const).map((side) => `${side}_${units}` as const),
  ),
])

export const windowNode = z.strictObject({
  class: z.literal('WINDOW'),
  type: z.enum([
    'WINDOW_AGGREGATE',
    'WINDOW_RANK',
    'WINDOW_RANK_DENSE',
    'WINDOW_ROW_NUMBER',
    'WINDOW_PERCENT_RANK',
    'WINDOW_CUME_DIST',
    'WINDOW_NTILE',
    'WINDOW_FIRST_VALUE',
    'WINDOW_LAST_VALUE',
    'WINDOW_NTH_VALUE',
    'WINDOW_LAG',
    'WINDOW_LEAD',
  ]),
  ...expressionFields,
  function_name: z.string(),
  schema: emptyName,
  catalog: emptyName,
  children: z.array(node),
  partitions: z.array(node),
  orders: z.array(node),
  start: boundary,
  end: boundary,
  start_expr: node.nullable(),
  end_expr: node.nullable(),
  offset_expr: node.nullable(),
  default_expr: node.nullable(),
  ignore_nulls: z.boolean(),
  filter_expr: node.nullable(),
  exclude_clause: z.enum(['NO_OTHER', 'CURRENT_ROW']),
  distinct: z.boolean(),
  arg_orders: z.array(node),
})
export type WindowNode = z.infer<typeof windowNode>
