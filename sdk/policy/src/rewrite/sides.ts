import { type Column, type Expression, sidesBehind } from '../analysis/expression.ts'
import { complementedBy } from '../analysis/regions.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { write } from './expressions.ts'
import type { RowAggregate } from './rows.ts'

/** Rows of a cell that must stand for enough units of their own, or an aggregate over the cell speaks of few. */
export interface Side {
  /** the node in rows of this side, NULL in every other */
  readonly within: (node: Node) => Node
  readonly units: readonly Column[]
  /** nobody on this side is as good as enough */
  readonly noneIsFine: boolean
}

/**
 * What an aggregate needs beyond its cell's own threshold: enough units with a value. With `withoutValue`, those that have
 * none must be none or enough too: the difference between count(*) and count(column) speaks of them.
 */
export function sidesOf(aggregate: RowAggregate, withoutValue: boolean): readonly Side[] {
  return [...sidesOfRows(aggregate, withoutValue), ...sidesOfUnits(aggregate)]
}

/** Of values that conditions on rows below made: enough units on either side of those conditions, too. */
function sidesOfUnits({ value, filter, units }: RowAggregate): readonly Side[] {
  const zero = ast.integer(0n)
  return (value === null ? [] : sidesBehind(value)).flatMap(({ rows, without }): readonly Side[] => {
    const side = (comparison: string, noneIsFine: boolean): Side => {
      const here = ast.comparison(comparison, write(rows), zero)
      const within = filter === null ? here : ast.conjunction('and', [write(filter), here])
      return { within: where(within), units, noneIsFine }
    }
    return [side('COMPARE_GREATERTHAN', false), ...(without ? [side('COMPARE_EQUAL', true)] : [])]
  })
}

function sidesOfRows({ value, present, filter, units }: RowAggregate, withoutValue: boolean): readonly Side[] {
  if (filter !== null) return onBothSides(filter, present, units)
  if (value === null || present === null) return []
  // the cell's own threshold covers a column that is the unit itself
  const others = units.filter((u) => value.kind !== 'column' || u.table !== value.table || u.name !== value.name)
  if (others.length === 0) return []
  const having: Side = { within: where(present), units: others, noneIsFine: false }
  const without: Side = { within: unless(present), units: others, noneIsFine: true }
  return withoutValue ? [having, without] : [having]
}

/**
 * Enough units with a row that counts, and enough with a row that does not: the whole minus the part is a group too. No
 * unit on a side is as bad as few, or a condition about one person would tell by NULL whether the person is there.
 */
function onBothSides(filter: Expression, present: Node | null, units: readonly Column[]): readonly Side[] {
  const opposite = complementedBy(filter)
  // a condition and its complement have the same two sides
  const [inside, outside] =
    opposite === null ? [where(write(filter)), unless(write(filter))] : [unless(write(opposite)), where(write(opposite))]
  const counted = present === null ? inside : where(ast.conjunction('and', [write(filter), present]))
  return [
    { within: counted, units, noneIsFine: false },
    { within: outside, units, noneIsFine: false },
  ]
}

/** The node in rows for which the condition holds. */
function where(condition: Node): Side['within'] {
  return (node) => ast.choose(condition, node, ast.nothing())
}

/** The node in all others. */
function unless(condition: Node): Side['within'] {
  return (node) => ast.choose(condition, ast.nothing(), node)
}

/**
 * What is left of a cell without the rows of another family, and without those of all others: nobody, or enough units.
 * `WHERE region <> 'X'` beside the total is whoever is in X.
 */
export function sidesBesides(besides: readonly Expression[], units: readonly Column[]): readonly Side[] {
  const conditions = besides.map(write)
  const all = conditions.length > 1 ? [...conditions, ast.conjunction('or', conditions)] : conditions
  return all.map((condition) => ({ within: unless(condition), units, noneIsFine: true }))
}
