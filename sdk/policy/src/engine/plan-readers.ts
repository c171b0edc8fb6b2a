type PlanNode = Readonly<Record<string, unknown>>

/** Where a table expression is read: below an aggregate there, and inside the definition of which other one. */
interface Reading {
  readonly aggregated: boolean
  readonly within: unknown
}

/**
 * The numbers of table expressions that nothing but aggregates read, directly or through other such table expressions: what
 * they hold is no result by itself.
 */
export function readByAggregates(plans: readonly unknown[]): ReadonlySet<unknown> {
  const readings = new Map<unknown, Reading[]>()
  for (const plan of plans) collect(plan as PlanNode, { aggregated: false, within: nowhere }, readings)
  const known = new Map<unknown, boolean>()
  const onlyThese = (table: unknown): boolean => {
    const found = known.get(table)
    if (found !== undefined) return found
    // while it is being found out: a table expression that read itself would not count
    known.set(table, false)
    const own = (readings.get(table) ?? []).every((r) => r.aggregated || (r.within !== nowhere && onlyThese(r.within)))
    known.set(table, own)
    return own
  }
  return new Set([...readings.keys()].filter(onlyThese))
}

/** Outside of any definition; the first table expression has no number, so nothing else will do. */
const nowhere = Symbol('nowhere')

function collect(node: PlanNode, at: Reading, readings: Map<unknown, Reading[]>): void {
  const children = (node.children ?? []) as readonly PlanNode[]
  switch (node.type) {
    case 'LOGICAL_CTE_REF':
      readings.set(node.cte_index, [...(readings.get(node.cte_index) ?? []), at])
      return
    case 'LOGICAL_MATERIALIZED_CTE':
      for (const [i, child] of children.entries()) {
        collect(child, i === 0 ? { aggregated: false, within: node.table_index } : at, readings)
      }
      return
    case 'LOGICAL_AGGREGATE_AND_GROUP_BY':
      for (const child of children) collect(child, { ...at, aggregated: true }, readings)
      return
    default:
      for (const child of children) collect(child, at, readings)
  }
}
