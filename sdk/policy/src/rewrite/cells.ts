import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { additive, writeAggregate } from './aggregates.ts'
import { write } from './expressions.ts'
import type { Family } from './family.ts'
import type { Measure, Measures } from './measures.ts'
import { column, type Named, type Piece, piece } from './pieces.ts'
import { type FamilyOverRows, rowAlias } from './rows.ts'

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

/** Whether a cell, `x`, and what was found of cells, `y`, are of the same cell; null where there is only one. */
export function isSameCell(family: Family): Node | null {
  const same = keysOf(family).map((k) => ast.comparison('COMPARE_NOT_DISTINCT_FROM', column(k), ast.column('y', k)))
  return same.length === 0 ? null : ast.conjunction('and', same)
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
 * `more` is computed from sketches of the units in a cell; nothing is, where the gate has no row.
 */
export function writeCells(
  family: FamilyOverRows,
  measures: Measures,
  more: (sketch: SketchOf) => readonly Named[] = () => [],
  gate: Node | null = null,
): Piece {
  const added = gate === null ? addUpCells(family, measures, more) : null
  if (added !== null) return added
  const list: readonly Named[] = [
    ...keysFrom(
      family,
      family.groups.map((g) => write(g.value)),
    ),
    { name: rowsColumn, value: ast.call('count_star', []) },
    ...family.aggregates.map((a) => ({ name: a.name, value: writeAggregate(a, a.argument) })),
    ...rowsOfSides(measures),
    ...more(({ bits }) => bits.map((bit) => ast.call('bit_or', [bit]))),
  ]
  const from = rowsOf(family)
  return piece(family.name, list, { from: gate === null ? from : ast.join('INNER', from, gate, null), ...groupedBy(family) })
}

function rowsOfSides({ all }: Measures): readonly Named[] {
  return all.flatMap(({ rows, side }) =>
    rows === null ? [] : [{ name: rows, value: ast.call('count', [side.within(ast.integer(1n))]) }],
  )
}

/** The words of a measure's sketch in a cell. */
export type SketchOf = (measure: Measure) => readonly Node[]

/** Rows are read once, into the cells of the set that is finer than all others; all others are added up from those. */
function addUpCells(family: FamilyOverRows, measures: Measures, more: (sketch: SketchOf) => readonly Named[]): Piece | null {
  const { name, groups, sets, aggregates } = family
  const summed = aggregates.map((a) => additive(a, a.argument))
  if (!hasSets(family) || sets[0]?.length !== groups.length || summed.includes(null)) return null
  const counts = [{ name: rowsColumn, value: ast.call('count_star', []) }, ...rowsOfSides(measures)]
  const parts = summed.flatMap((a, i) => (a?.parts ?? []).map((value, part) => ({ name: partName(i, part), value })))
  const words = new Map<string, Node>()
  const added = more(({ name: of, bits }) =>
    bits.map((bit, i) => {
      const word = `b${of.slice(1)}_${i}`
      words.set(word, ast.call('bit_or', [bit]))
      return ast.call('bit_or', [ast.column('f', word)])
    }),
  )
  const sketched = [...words].map(([word, value]) => ({ name: word, value }))
  const finest = [...groups.map((g) => ({ name: g.name, value: write(g.value) })), ...counts, ...parts, ...sketched]
  const sum = (column: string) => ast.call('sum', [ast.column('f', column)])
  const from = ast.subquery(piece('', finest, { from: rowsOf(family), groups: groups.map((_, i) => i + 1) }).select, 'f')
  const list: readonly Named[] = [
    ...keysFrom(
      family,
      groups.map((g) => ast.column('f', g.name)),
    ),
    ...counts.map((c) => ({ name: c.name, value: ast.cast(sum(c.name), 'BIGINT') })),
    ...aggregates.map((a, i) => ({
      name: a.name,
      value: summed[i]?.whole(summed[i].parts.map((_, part) => sum(partName(i, part)))) ?? ast.nothing(),
    })),
    ...added,
  ]
  return piece(name, list, { from, ...groupedBy(family) })
}

function partName(aggregate: number, part: number): string {
  return `p${aggregate}_${part}`
}

function keysFrom(family: Family, groups: readonly Node[]): readonly Named[] {
  const keys = family.groups.map(({ name }, i) => ({ name, value: groups[i] ?? ast.nothing() }))
  return [...keys, ...maskFrom(family, groups)]
}

/** The mask as an item of a list, where there are several sets. */
export function maskFrom(family: Family, groups: readonly Node[]): readonly Named[] {
  return hasSets(family) ? [{ name: maskColumn, value: ast.operator('GROUPING_FUNCTION', groups) }] : []
}

/** GROUP BY all sets of a family whose groups are the first items of the list. */
export function groupedBy({ sets }: Family): Pick<ast.SelectParts, 'sets'> {
  return sets.length === 1 && sets[0]?.length === 0 ? {} : { sets: sets.map((set) => set.map((i) => i + 1)) }
}

export function rowsOf({ rows }: FamilyOverRows): Node {
  return ast.table(rows.piece.name, rowAlias)
}
