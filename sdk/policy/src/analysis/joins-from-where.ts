import type { Condition, Equality, From } from './block.ts'
import { relationsOf } from './block.ts'
import { columnsOf, type Expression } from './expression.ts'

/**
 * `FROM a, b WHERE a.x = b.x`: the equality is the join's. Tables separated by commas, and the inner joins among them, are
 * put in an order in which each has an equality with those before it; what stays without one stays a cross join.
 */
export function joinsFromWhere(
  from: From,
  conditions: readonly Condition[],
): { readonly from: From; readonly conditions: readonly Condition[] } {
  if (!hasCross(from)) return { from, conditions }
  const terms = conditions.flatMap(({ value, offset }) => termsOf(value).map((term) => ({ value: term, offset })))
  let open: readonly Equality[] = [...equalitiesAmong(from), ...terms.flatMap((t) => asEquality(t.value) ?? [])]
  const rest = terms.filter((t) => asEquality(t.value) === undefined)
  const [first, ...others] = leavesOf(from)
  if (first === undefined) return { from, conditions }
  let joined: From = first
  let waiting: readonly From[] = others
  while (waiting.length > 0) {
    const left: From = joined
    const right: From = waiting.find((leaf) => open.some((e) => orient(e, left, leaf) !== undefined)) ?? (waiting[0] as From)
    const equalities: readonly Equality[] = open.flatMap((e) => orient(e, left, right) ?? [])
    open = open.filter((e) => orient(e, left, right) === undefined)
    joined = { kind: 'join', join: equalities.length > 0 ? 'inner' : 'cross', left, right, equalities }
    waiting = waiting.filter((leaf) => leaf !== right)
  }
  const left = open.map(({ left, right }): Condition => ({ value: comparison(left, right), offset: undefined }))
  return { from: joined, conditions: [...rest, ...left] }
}

function hasCross(from: From): boolean {
  return (
    from.kind === 'join' && (from.join === 'cross' || (from.join === 'inner' && (hasCross(from.left) || hasCross(from.right))))
  )
}

/** Tables, and outer joins as a whole. */
function leavesOf(from: From): readonly From[] {
  const open = from.kind === 'join' && (from.join === 'cross' || from.join === 'inner')
  return open ? [...leavesOf(from.left), ...leavesOf(from.right)] : [from]
}

function equalitiesAmong(from: From): readonly Equality[] {
  const open = from.kind === 'join' && (from.join === 'cross' || from.join === 'inner')
  return open ? [...equalitiesAmong(from.left), ...equalitiesAmong(from.right), ...from.equalities] : []
}

function termsOf(value: Expression): readonly Expression[] {
  return value.kind === 'logic' && value.op === 'and' ? value.terms.flatMap(termsOf) : [value]
}

function asEquality(value: Expression): Equality | undefined {
  const { kind } = value
  if (kind !== 'compare' || value.op !== 'COMPARE_EQUAL') return undefined
  const { left, right } = value
  return left.kind === 'column' && right.kind === 'column' && left.table !== right.table ? { left, right } : undefined
}

function comparison(left: Expression, right: Expression): Expression {
  return { kind: 'compare', op: 'COMPARE_EQUAL', left, right, type: { family: 'boolean', sql: 'BOOLEAN' } }
}

/** The equality with its sides as the join has them; undefined where it is not between the two. */
function orient({ left, right }: Equality, a: From, b: From): Equality | undefined {
  const within = (side: Expression, from: From) =>
    columnsOf(side).every((c) => relationsOf(from).some((r) => r.table === c.table)) && columnsOf(side).length > 0
  if (within(left, a) && within(right, b)) return { left, right }
  return within(right, a) && within(left, b) ? { left: right, right: left } : undefined
}
