import { comparisonNode, queryNode, type SelectNode, subqueryNode } from '../ast/nodes.ts'
import { offsetOf, offsetWithin, read, tagOf } from '../ast/read.ts'
import { termsOf } from '../ast/terms.ts'
import { refuse } from '../reasons.ts'
import type { DerivedColumn, Equality, From } from './block.ts'
import { isSame, relationOf, ruleOfValue } from './derived.ts'
import type { Expression } from './expression.ts'
import type { FromRead } from './from.ts'
import { joinsFromWhere } from './joins-from-where.ts'
import { conjunctionOf } from './operators.ts'
import type { RowSet } from './row-set.ts'
import { checkFilter, checkNoPartners, rulesOf } from './rules.ts'
import { columnOf, lookup, resolve, type Scope } from './scope.ts'

/** The terms of WHERE that ask for a partner among rows of a protected dataset, and what is left of it. */
export interface SplitWhere {
  readonly semiJoins: readonly unknown[]
  readonly rest: unknown
}

/** `IN (SELECT …)` and EXISTS as terms of the whole WHERE; under OR or NOT they are no joins. */
export function splitWhere(where: unknown, readsRows: (subquery: unknown) => boolean): SplitWhere {
  const terms = termsOf(where)
  const semiJoins = terms.filter((term) => isSemiJoin(term) && readsRows(term))
  if (semiJoins.length === 0) return { semiJoins, rest: where }
  const kept = terms.filter((term) => !semiJoins.includes(term))
  const [only, ...more] = kept
  if (more.length === 0) return { semiJoins, rest: only ?? null }
  return { semiJoins, rest: { ...(where as object), children: kept } }
}

function isSemiJoin(term: unknown): boolean {
  const type = (term as { subquery_type?: unknown } | null)?.subquery_type
  return tagOf(term, 'class') === 'SUBQUERY' && (type === 'ANY' || type === 'EXISTS')
}

/** How the subquery of a semi-join is read. */
export interface SemiJoinReader {
  /** of IN: rows with one column */
  readonly rows: (node: unknown) => RowSet
  /** of EXISTS: its FROM, and what a node means over it */
  readonly exists: (node: unknown) => {
    readonly select: SelectNode
    readonly source: FromRead
    readonly condition: (node: unknown) => RowSet['where']
  }
  readonly outer: (node: unknown, scope: Scope) => Expression
  readonly alias: () => string
}

/**
 * `person IN (SELECT person FROM other WHERE …)` joins with one row per unit of the other dataset, so no row repeats. Both
 * datasets' units are counted: a group of few people who are in the other register is not shown. Who is missing there is
 * not asked: people of whom another owner has no row cannot be counted among that owner's.
 */
export function withSemiJoins(source: FromRead, terms: readonly unknown[], reader: SemiJoinReader): FromRead {
  const from = terms.reduce<From>((joined, term) => {
    const { subquery_type, subquery, child } = read(subqueryNode, term, 'subquery-not-allowed')
    const { node } = read(queryNode, subquery)
    const offset = offsetWithin(term)
    const { rows, left } = subquery_type === 'ANY' ? listed(node, child, source, reader, offset) : existing(node, source, reader)
    return join(joined, rows, left, reader.alias(), offset)
  }, source.from)
  return { ...source, from }
}

interface Keys {
  readonly rows: RowSet
  /** what the columns of the rows equal */
  readonly left: readonly Expression[]
}

function listed(node: unknown, child: unknown, source: FromRead, reader: SemiJoinReader, offset: number | undefined): Keys {
  const rows = reader.rows(node)
  if (rows.columns.length !== 1) refuse('subquery-not-allowed', 'a subquery after IN selects one column', offset)
  return { rows, left: [reader.outer(child, source.scope)] }
}

function existing(node: unknown, outer: FromRead, reader: SemiJoinReader): Keys {
  const { select, source, condition } = reader.exists(node)
  const left: Expression[] = []
  const columns: { name: string; value: Expression }[] = []
  const where = termsOf(select.where_clause).flatMap((term): RowSet['where'] => {
    const key = correlation(term, source.scope, outer.scope)
    if (key === undefined) return condition(term)
    left.push(key.left)
    columns.push({ name: `k${columns.length}`, value: key.right })
    return []
  })
  if (columns.length === 0) {
    const message = 'EXISTS over protected rows compares the privacy units of both sides in its WHERE'
    refuse('subquery-not-allowed', message, offsetWithin(select.select_list))
  }
  return { rows: { from: source.from, where: [...source.where, ...where], columns }, left }
}

/** An equality between a column of the subquery and one of the query around it. */
function correlation(term: unknown, inner: Scope, outer: Scope): Equality | undefined {
  if (tagOf(term, 'type') !== 'COMPARE_EQUAL') return undefined
  const { left, right } = read(comparisonNode, term)
  const within = (node: unknown) => names(node) !== undefined && lookup(inner, names(node) ?? [], offsetOf(node)) !== undefined
  const [own, other] = within(left) ? [left, right] : [right, left]
  const [mine, theirs] = [names(own), names(other)]
  if (mine === undefined || theirs === undefined || !within(own) || within(other)) return undefined
  return { left: resolve(outer, theirs, offsetOf(other)), right: resolve(inner, mine, offsetOf(own)) }
}

function names(node: unknown): readonly string[] | undefined {
  if (tagOf(node, 'class') !== 'COLUMN_REF') return undefined
  const { column_names } = node as { column_names?: unknown }
  return Array.isArray(column_names) && column_names.every((n) => typeof n === 'string') ? column_names : undefined
}

function join(left: From, rows: RowSet, keys: readonly Expression[], table: string, offset: number | undefined): From {
  const { from, conditions } = joinsFromWhere(rows.from, rows.where)
  const rules = rulesOf(from)
  checkNoPartners(rules, offset)
  for (const { value, offset: at } of conditions) checkFilter(value, rules, at)
  const columns = rows.columns.map(({ value }, i): DerivedColumn => {
    return { name: `k${i}`, value, operation: null, bounds: null, type: value.type, rule: ruleOfValue(value, rules) }
  })
  const units = columns.filter(({ value }) => rules.units.some((u) => isSame(value, u))).map((c) => c.name)
  if (units.length === 0) {
    refuse('join-not-allowed', 'a subquery over protected rows is joined on its privacy unit', offset)
  }
  const where = conditions.length === 0 ? null : conjunctionOf(conditions.map((c) => c.value))
  const relation = relationOf({ from, where, grouped: true, columns, units }, table)
  const equalities = keys.map((key, i): Equality => ({ left: key, right: columnOf(relation, `k${i}`) }))
  return { kind: 'join', join: 'inner', left, right: { kind: 'relation', relation }, equalities }
}
