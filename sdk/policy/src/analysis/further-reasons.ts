import * as ast from '../ast/build.ts'
import { offsetOf, tagOf } from '../ast/read.ts'
import { type GuardReason, Refusal } from '../reasons.ts'
import { isAggregateName } from './aggregate-names.ts'

/** A part of a statement that may be at fault on its own: an item of a SELECT list, or a condition of a WHERE. */
interface Part {
  readonly offsets: ReadonlySet<number>
  /** Puts something harmless in its place. */
  readonly blank: () => void
}

const most = 8

/** Those that are about the place that they point at. The others are about a whole query, and point at where it begins. */
const local: ReadonlySet<GuardReason> = new Set([
  ...(['function-not-allowed', 'constant-not-allowed', 'parameter-undeclared', 'type-mismatch'] as const),
  ...(['column-unknown', 'column-ambiguous', 'column-not-allowed', 'filter-not-allowed'] as const),
  ...(['aggregate-not-allowed', 'bounds-missing', 'bounds-too-wide'] as const),
])

/**
 * What else is wrong with a query that is refused already, so that its author changes it once. The part that the first refusal
 * points at is blanked out, and the rest judged again. Only a refusal that points into another part counts: any other may be
 * of the blank. It tells more about a refusal, and makes none and unmakes none.
 */
export function furtherReasons(statement: unknown, first: Refusal, judge: (statement: unknown) => void): readonly Refusal[] {
  const copy: unknown = structuredClone(statement)
  const parts = partsOf(copy)
  const found: Refusal[] = []
  let last = first
  while (found.length < most) {
    const at = indexOf(parts, last)
    if (at < 0) return found
    for (const part of parts.splice(at, 1)) part.blank()
    const next = refusalOf(() => judge(copy))
    if (next === undefined || indexOf(parts, next) < 0) return found
    found.push(next)
    last = next
  }
  return found
}

function indexOf(parts: readonly Part[], { code, offset }: Refusal): number {
  return offset === undefined || !local.has(code) ? -1 : parts.findIndex(({ offsets }) => offsets.has(offset))
}

function refusalOf(judge: () => void): Refusal | undefined {
  try {
    judge()
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/** Inner ones first: a fault in a subquery is that of the smallest part around it. */
function partsOf(node: unknown): Part[] {
  if (node === null || typeof node !== 'object') return []
  const inner = Object.values(node).flatMap(partsOf)
  if (tagOf(node, 'type') !== 'SELECT_NODE') return inner
  const select = node as { select_list?: unknown; where_clause?: unknown }
  const items = Array.isArray(select.select_list) ? arrayParts(select.select_list, (item) => blankItem(item)) : []
  return [...inner, ...items, ...conditionParts(select)]
}

/** The conditions, and behind them the whole clause: some refusals point at its beginning. */
function conditionParts(select: { where_clause?: unknown }): Part[] {
  const where = select.where_clause
  if (where === null || where === undefined) return []
  const terms = (where as { children?: unknown }).children
  const blank = () => {
    select.where_clause = holds()
  }
  const each = tagOf(where, 'type') === 'CONJUNCTION_AND' && Array.isArray(terms) ? arrayParts(terms, holds) : []
  return [...each, { offsets: offsetsIn(where), blank }]
}

function arrayParts(nodes: unknown[], harmless: (node: unknown) => unknown): Part[] {
  return nodes.map((node, i) => {
    const blank = () => {
      nodes[i] = harmless(node)
    }
    return { offsets: offsetsIn(node), blank }
  })
}

/** It counts where it aggregated, so that the query still does, and has the name that others may use. */
function blankItem(item: unknown): unknown {
  const alias = (item as { readonly alias?: unknown }).alias
  return ast.named(aggregates(item) ? ast.call('count_star', []) : ast.integer(1n), typeof alias === 'string' ? alias : '')
}

function aggregates(node: unknown): boolean {
  if (node === null || typeof node !== 'object') return false
  const name = (node as { readonly function_name?: unknown }).function_name
  return (typeof name === 'string' && isAggregateName(name)) || Object.values(node).some(aggregates)
}

function holds(): unknown {
  return ast.comparison('COMPARE_EQUAL', ast.integer(1n), ast.integer(1n))
}

function offsetsIn(node: unknown): ReadonlySet<number> {
  const offsets = new Set<number>()
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return
    const own = offsetOf(value)
    if (own !== undefined) offsets.add(own)
    for (const child of Object.values(value)) visit(child)
  }
  visit(node)
  return offsets
}
