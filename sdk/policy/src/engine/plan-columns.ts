type PlanNode = Readonly<Record<string, unknown>>

/** An expression of a plan and the operator that computes it, whose children its references are to. */
export interface Defined {
  readonly expression: PlanNode
  readonly of: PlanNode
}

/** Operators that give on what their only child gives, column by column. */
const passing: ReadonlySet<unknown> = new Set(['LOGICAL_LIMIT', 'LOGICAL_FILTER', 'LOGICAL_ORDER_BY'])
/** Operators that give all columns of the left child, then those of the right one. */
const joining: ReadonlySet<unknown> = new Set(['LOGICAL_CROSS_PRODUCT', 'LOGICAL_COMPARISON_JOIN'])

/**
 * What computes a column that a reference in an operator is to, followed through operators and table expressions that only
 * give it on; undefined where it is no projection's or aggregate's, or nobody judged an operator in between.
 * @param tables definitions of table expressions by number
 */
export function definitionOf(
  reference: PlanNode,
  operator: PlanNode,
  tables: ReadonlyMap<unknown, unknown>,
): Defined | undefined {
  let found = projectedAs(reference, operator, tables)
  while (found?.expression.expression_class === 'BOUND_REF') found = projectedAs(found.expression, found.of, tables)
  return found
}

/** The same, as the nearest projection below has it, which may be a reference again. */
export function projectedAs(reference: PlanNode, operator: PlanNode, tables: ReadonlyMap<unknown, unknown>): Defined | undefined {
  return columnAt(childrenOf(operator), indexOf(reference), tables)
}

function columnAt(operators: readonly PlanNode[], index: number, tables: ReadonlyMap<unknown, unknown>): Defined | undefined {
  const [first, ...others] = operators
  if (first === undefined) return undefined
  const width = others.length === 0 ? index + 1 : widthOf(first, tables)
  if (width === undefined) return undefined
  if (index >= width) return columnAt(others, index - width, tables)
  if (first.type === 'LOGICAL_CTE_REF') {
    const table = tables.get(first.cte_index) as PlanNode | undefined
    return table === undefined ? undefined : columnAt([table], index, tables)
  }
  if (passing.has(first.type) || joining.has(first.type)) return columnAt(childrenOf(first), index, tables)
  const expression = computedBy(first)[index]
  return expression === undefined ? undefined : { expression, of: first }
}

function computedBy({ type, groups = [], expressions = [] }: PlanNode): readonly PlanNode[] {
  if (type === 'LOGICAL_PROJECTION') return expressions as readonly PlanNode[]
  return type === 'LOGICAL_AGGREGATE_AND_GROUP_BY'
    ? [...(groups as readonly PlanNode[]), ...(expressions as readonly PlanNode[])]
    : []
}

function widthOf(operator: PlanNode, tables: ReadonlyMap<unknown, unknown>): number | undefined {
  const own = (field: string) => (operator[field] as readonly unknown[] | undefined)?.length
  switch (operator.type) {
    case 'LOGICAL_PROJECTION':
      return own('expressions')
    case 'LOGICAL_CTE_REF':
      return own('chunk_types')
    case 'LOGICAL_GET':
      // Its columns are numbered from 0, and the plan says nothing of what is 0, so that it may have one more than are listed.
      return own('projection_ids')
    case 'LOGICAL_AGGREGATE_AND_GROUP_BY':
      return (own('groups') ?? 0) + (own('expressions') ?? 0) + (own('grouping_functions') ?? 0)
    default:
      if (!passing.has(operator.type) && !joining.has(operator.type)) return undefined
      return childrenOf(operator).reduce<number | undefined>((sum, child) => {
        const width = widthOf(child, tables)
        return sum === undefined || width === undefined ? undefined : sum + width
      }, 0)
  }
}

function childrenOf({ children }: PlanNode): readonly PlanNode[] {
  return (children ?? []) as readonly PlanNode[]
}

/** The first column has no number, as whatever is a default. */
function indexOf({ index }: PlanNode): number {
  return typeof index === 'number' ? index : 0
}
