import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { writeAggregate } from './aggregates.ts'
import { write } from './expressions.ts'
import type { Family } from './family.ts'
import { writeFrom } from './from.ts'
import type { Measures } from './measures.ts'
import { column, type Named, type Piece, piece } from './pieces.ts'
import { withValues } from './values.ts'

/** The column that says of which grouping set a cell is: the engine's GROUPING() over all groups. */
export const maskColumn = 's'
/** The column of the number of rows. */
export const rowsColumn = 'n'

export function hasSets({ sets }: Family): boolean {
  return sets.length > 1
}

/** GROUPING() of a set: a bit per group, the last one lowest, set where the set leaves the group out. */
export function maskOf(family: Pick<Family, 'groups'>, set: readonly number[]): Node {
  return ast.integer(bitsOf(family, set))
}

export function bitsOf({ groups }: Pick<Family, 'groups'>, set: readonly number[]): bigint {
  return groups.reduce((mask, _, i) => mask * 2n + (set.includes(i) ? 0n : 1n), 0n)
}

/** Names of what tells cells apart. */
export function keysOf(family: Family): readonly string[] {
  return [...family.groups.map((g) => g.name), ...(hasSets(family) ? [maskColumn] : [])]
}

/** Whether a cell is of one of the sets; null where there is only one. */
export function isOf(family: Family, sets: readonly (readonly number[])[]): Node | null {
  if (!hasSets(family)) return null
  const terms = sets.map((set) => ast.comparison('COMPARE_EQUAL', column(maskColumn), maskOf(family, set)))
  return ast.conjunction('or', terms)
}

/**
 * Every cell of a family with its aggregates, clamped and exact, before anything is suppressed: only the steps that decide
 * what is visible read it. Noise has its place here: after values are clamped and contributions bounded, before suppression.
 */
export function writeCells(family: Family, measures: Measures): Piece {
  const counted = measures.all.flatMap(({ rows, side }) =>
    rows === null ? [] : [{ name: rows, value: ast.call('count', [side.within(ast.integer(1n))]) }],
  )
  const list: readonly Named[] = [
    ...family.groups.map(({ name, value }) => ({ name, value: write(value) })),
    ...maskFrom(
      family,
      family.groups.map((g) => write(g.value)),
    ),
    { name: rowsColumn, value: ast.call('count_star', []) },
    ...family.aggregates.map((a) => ({ name: a.name, value: writeAggregate(a) })),
    ...counted,
  ]
  return piece(family.name, list, { ...writeSource(family), ...groupedBy(family) })
}

/** The mask as an item of a list, where there are several sets. */
export function maskFrom(family: Family, groups: readonly Node[]): readonly Named[] {
  return hasSets(family) ? [{ name: maskColumn, value: ast.operator('GROUPING_FUNCTION', groups) }] : []
}

/** GROUP BY all sets of a family whose groups are the first items of the list. */
export function groupedBy({ sets }: Family): Pick<ast.SelectParts, 'sets'> {
  return sets.length === 1 && sets[0]?.length === 0 ? {} : { sets: sets.map((set) => set.map((i) => i + 1)) }
}

/** The rows that a family's cells are made of. */
export function writeSource(
  family: Pick<Family, 'from' | 'where' | 'groups' | 'aggregates'> & Partial<Pick<Family, 'bounded'>>,
): {
  readonly from: Node
  readonly where: Node | null
} {
  const { from, where, groups, aggregates } = family
  const read = [where, ...groups.map((g) => g.value), ...aggregates.flatMap((a) => [a.value, a.filter])]
  const { bounded = null } = family
  if (bounded !== null) return { from: withValues(bounded, read.slice(1)), where: null }
  return { from: withValues(writeFrom(from), read), where: where === null ? null : write(where) }
}
