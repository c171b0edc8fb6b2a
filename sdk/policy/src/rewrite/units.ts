import { relationsOf } from '../analysis/block.ts'
import type { Slot } from '../analysis/slots.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { groupedBy, hasSets, isOf, isSameCell, maskFrom, rowsColumn, rowsOf, type SketchOf, writeCells } from './cells.ts'
import { write } from './expressions.ts'
import { askedSets, type Family, isChain } from './family.ts'
import type { Measure, Measures } from './measures.ts'
import { column, extend, type Named, type Piece, piece } from './pieces.ts'
import { recount } from './recount.ts'
import { columnsIn, type FamilyOverRows, rowAlias } from './rows.ts'
import { bitsIn, wordsFor } from './sketch.ts'

// Counting distinct units costs several times the query itself, and a threshold only asks whether they reach the minimum.
// So it takes steps, each for those cells only that the one before left open: a sketch of the first rows, which most cells
// reach the minimum by; where these leave many cells open, a sketch of all rows; and the exact count. Where no cell is left
// open, the engine sees that one side of a join is empty and does not read the rows. All that a step can say wrongly is "not
// yet": which rows come first changes the time a query takes and not its result.
//
// Sketches of all rows are made with the cells: two ways of writing those stand in the query, and one of them runs. Cells
// have them in any case where reading the first rows costs as much as reading all of them: in joins of several datasets,
// whose other sides are read whole, and in rows that are themselves made of many.

/** About a row group of Parquet: enough for thousands of groups. */
const firstRows = 120_000

/** The number of units per measure of every cell: exact, or a lower bound that reaches the minimum. */
export interface CountedCells {
  readonly pieces: readonly Piece[]
  readonly cells: Piece
}

export interface CountedBy {
  readonly measures: Measures
  readonly minimum: number
  /** keeps the sketches of every cell's units, which decide on what else must be suppressed */
  readonly sketched: boolean
}

/** The cells of a family and their units. */
export function countUnits(family: FamilyOverRows, by: CountedBy): CountedCells {
  // where sketches decide on more than the threshold, the steps are many, and worth it only for what is cheap without them
  const short = !by.sketched || (by.measures.all.length === 1 && family.where === null)
  return short && isCheapToStart(family, by.measures) ? countStepwise(family, by) : countAtOnce(family, by)
}

/**
 * A condition over a join may leave so few rows that the first of them are all, found by joining again: sketching those at
 * once is cheap, if it is done for few measures.
 */
function isCheapToStart({ from, where, rows }: FamilyOverRows, { all }: Measures): boolean {
  const plain = relationsOf(from).every(({ source }) => source.kind !== 'derived')
  const selective = from.kind === 'join' && where !== null && all.length <= sketchedAtOnce
  return !rows.bounded && rows.datasets === 1 && plain && !selective
}

const sketchedAtOnce = 3

/** The cells with sketches of all their rows, whatever the first ones tell. */
export function countAtOnce(family: FamilyOverRows, { measures, minimum, sketched }: CountedBy): CountedCells {
  const { all } = measures
  const cells = writeCells(family, measures, (sketch) => [
    ...bitsSet(all, sketch),
    ...(sketched ? sketchColumnsOf(all, sketch) : []),
  ])
  const counted = countExactly(family, cells, all, minimum)
  return { pieces: [cells, ...counted.pieces], cells: counted.cells }
}

/** How many bits the sketch of each measure has: at most its units. */
function bitsSet(measures: readonly Measure[], sketch: SketchOf): readonly Named[] {
  return measures.map((measure) => ({ name: measure.name, value: bitsIn(sketch(measure)) }))
}

function sketchColumnsOf(measures: readonly Measure[], sketch: SketchOf): readonly Named[] {
  return measures.flatMap((m) => sketch(m).map((value, i) => ({ name: sketchName(m, i), value })))
}

/** Over rows. */
const rowSketch: SketchOf = ({ bits }) => bits.map((bit) => ast.call('bit_or', [bit]))

function countStepwise(family: FamilyOverRows, by: CountedBy): CountedCells {
  const { measures, minimum } = by
  const { all } = measures
  const name = (step: string) => `${family.name}_${step}`
  const first = piece(
    name('first'),
    [...keyed(family), { name: rowsColumn, value: ast.call('count_star', []) }, ...bitsSet(all, rowSketch)],
    { from: ast.subquery(writeFirstRows(family, all), 'r'), ...groupedBy(family) },
  )
  const start = startingCells(family, by, first)
  const known = (m: Measure) => (start.sketched ? column(m.name) : ast.integer(0n))
  const found = (m: Measure) => ast.column('y', m.name)
  const seen = merge(family, name('seen'), start.cells, first, (m) => larger(known(m), found(m)), all)
  const rest = by.sketched ? sketchHidden(family, seen, measures, minimum) : { pieces: [], cells: seen }
  const counted = countExactly(family, rest.cells, all, minimum)
  return { pieces: [first, ...start.pieces, seen, ...rest.pieces, ...counted.pieces], cells: counted.cells }
}

/** Cells with the numbers of bits of sketches, if they have any. */
function startingCells(family: FamilyOverRows, { measures, minimum }: CountedBy, first: Piece) {
  if (hasSets(family) || family.groups.length === 0) {
    const cells = writeCells(family, measures)
    return { pieces: [cells], cells, sketched: false }
  }
  const { all } = measures
  const rows = column(rowsColumn)
  const open = ast.call('sum', [
    ast.choose(
      below(
        all.filter((m) => m.rows === null),
        minimum,
      ),
      rows,
      ast.integer(0n),
    ),
  ])
  const share = ast.call('*', [open, ast.integer(leftOpen)])
  const many = ast.choose(ast.comparison('COMPARE_GREATERTHAN', share, ast.call('sum', [rows])), ast.integer(1n), ast.integer(0n))
  const mode = piece(`${family.name}_mode`, [{ name: 'many', value: many }], { from: ast.table(first.name, 'x') })
  const gate = (value: bigint) => gateOf(mode.name, ast.comparison('COMPARE_EQUAL', column('many'), ast.integer(value)))
  const none = all.map((m) => ({ name: m.name, value: ast.integer(0n) }))
  const few = writeCells(family, measures, () => none, gate(0n))
  const sketched = writeCells(family, measures, (sketch) => bitsSet(all, sketch), gate(1n))
  const cells = { ...few, select: ast.setOperation('UNION', true, few.select, sketched.select) }
  return { pieces: [mode, cells], cells, sketched: true }
}

/** Where the first rows of one in so many are in open cells, sketching all rows costs less than counting the units of these. */
const leftOpen = 8n

/** A row where the condition holds for one of the step: what it is joined with is read only then. */
function gateOf(step: string, where: Node): Node {
  return ast.subquery(ast.select({ list: [ast.named(ast.integer(1n), 'one')], from: ast.table(step, 'x'), where }), 'gate')
}

/**
 * What is hidden beside others is decided by sketches: of the finest cells where cells are nested. Cells that together have
 * fewer rows than the minimum have fewer units, and no sketch could say otherwise.
 */
function sketchHidden(family: FamilyOverRows, seen: Piece, { all }: Measures, minimum: number): CountedCells {
  const few = below(all, minimum)
  const nested = isChain(family.sets)
  // rows of nested cells are those of the finest
  const told = isOf(family, nested ? family.sets.slice(0, 1) : askedSets(family))
  const small = piece(`${family.name}_small`, [{ name: rowsColumn, value: ast.call('sum', [column(rowsColumn)]) }], {
    from: ast.table(seen.name, 'x'),
    where: ast.conjunction('and', [...(told === null ? [] : [told]), few]),
  })
  const together = ast.comparison('COMPARE_GREATERTHANOREQUALTO', ast.column('gate', rowsColumn), ast.integer(BigInt(minimum)))
  // nobody on a side is as good as enough: whether there is somebody, only a sketch says
  const always = all.some((m) => m.rows !== null)
  const needed = always ? few : ast.conjunction('and', [few, ast.conjunction('or', [enoughRows(minimum), together])])
  const of = (set: readonly number[]) => (!nested || set === family.sets[0] ? needed : stillOpen(all, minimum))
  const open = { of, beside: ast.table(small.name, 'gate') }
  const sketches = recount(family, 'sketches', seen, open, sketchColumnsOf(all, rowSketch))
  const wordsOf = (m: Measure) => sketchColumns(m, minimum).map((c) => ast.column('y', c))
  const more = all.flatMap((m) => sketchColumns(m, minimum).map((c) => ({ name: c, value: ast.column('y', c) })))
  const found = (m: Measure) => larger(column(m.name), bitsIn(wordsOf(m)))
  const bounded = merge(family, `${family.name}_bounded`, seen, last(sketches), found, all, more)
  return { pieces: [small, ...sketches, bounded], cells: bounded }
}

function countExactly(family: FamilyOverRows, cells: Piece, all: readonly Measure[], minimum: number): CountedCells {
  const exact = all.map((m) => ({ name: m.name, value: ast.call('count', [m.unit], { distinct: true }) }))
  const counts = recount(family, 'counts', cells, { of: () => stillOpen(all, minimum), beside: null }, exact)
  const found = (m: Measure) => larger(column(m.name), ast.column('y', m.name))
  const counted = merge(family, `${family.name}_counted`, cells, last(counts), found, all)
  return { pieces: [...counts, counted], cells: counted }
}

function sketchName({ name }: Measure, word: number): string {
  return `k${name.slice(1)}_${word}`
}

/** The columns of a measure's sketch; NULL where the first rows reached the minimum. */
export function sketchColumns(measure: Measure, minimum: number): readonly string[] {
  return Array.from({ length: wordsFor(minimum) }, (_, i) => sketchName(measure, i))
}

/** What tells cells apart, of rows `r`. */
export function keyed(family: Family): readonly Named[] {
  const groups = family.groups.map(({ name }) => ast.column('r', name))
  return [...family.groups.map(({ name }, i) => ({ name, value: groups[i] ?? ast.nothing() })), ...maskFrom(family, groups)]
}

/** The rows of a family: its groups, and more of every row. */
export function selectRows(family: FamilyOverRows, more: readonly Named[]): Pick<ast.SelectParts, 'list' | 'from'> {
  const groups = family.groups.map(({ name, value }) => ast.named(write(value), name))
  return { list: [...groups, ...more.map((item) => ast.named(item.value, item.name))], from: rowsOf(family) }
}

/**
 * Joined with a row of no columns that matter: over a plain scan, DuckDB reads the numbers of the first rows in one pass
 * and the rows themselves in another.
 */
function writeFirstRows(family: FamilyOverRows, measures: readonly Measure[]): Node {
  const names = new Set(measures.flatMap((m) => m.bits.flatMap(columnsIn)))
  const rows = selectRows(
    family,
    [...names].map((name) => ({ name, value: ast.column(rowAlias, name) })),
  )
  const from = ast.table(slotOf(family).id, 'x')
  const one = ast.select({ list: [ast.named(ast.call('count_star', []), 'n')], from })
  return ast.select({ ...rows, from: ast.join('INNER', rows.from, ast.subquery(one, 'one'), null), limit: firstRows })
}

function slotOf({ from }: Family): Slot {
  const found = relationsOf(from).find(({ source }) => source.kind === 'slot' && source.slot.unit !== null)?.source
  if (found?.kind !== 'slot') throw new Error('a family reads a protected dataset')
  return found.slot
}

function last(pieces: readonly Piece[]): Piece {
  return pieces.at(-1) ?? noSet()
}

function noSet(): never {
  throw new Error('a family has a grouping set')
}

/** A step's findings beside its cells. */
export function merge(
  family: Family,
  name: string,
  cells: Piece,
  found: Piece,
  value: (measure: Measure) => Node,
  measures: readonly Measure[],
  more: readonly Named[] = [],
): Piece {
  const on = isSameCell(family)
  const from = ast.join(on === null ? 'INNER' : 'LEFT', ast.table(cells.name, 'x'), ast.table(found.name, 'y'), on)
  return { ...extend(cells, name, [...measures.map((m) => ({ name: m.name, value: value(m) })), ...more], { from }), once: true }
}

/** Nobody on a side is as good as enough: then there is nothing to count. */
function below(measures: readonly Measure[], minimum: number): Node {
  const isFew = (units: Node) => ast.comparison('COMPARE_LESSTHAN', units, ast.integer(BigInt(minimum)))
  const always = measures.filter((m) => m.rows === null).map((m) => column(m.name))
  const [only] = always
  const smallest = always.length > 1 ? ast.call('least', always) : only
  const ofSome = measures.flatMap(({ name, rows }) =>
    rows === null
      ? []
      : [ast.conjunction('and', [isFew(column(name)), ast.comparison('COMPARE_GREATERTHAN', column(rows), ast.integer(0n))])],
  )
  return ast.conjunction('or', [...(smallest === undefined ? [] : [isFew(smallest)]), ...ofSome])
}

function stillOpen(measures: readonly Measure[], minimum: number): Node {
  return ast.conjunction('and', [enoughRows(minimum), below(measures, minimum)])
}

/** Fewer rows than the minimum hold fewer units. */
function enoughRows(minimum: number): Node {
  return ast.comparison('COMPARE_GREATERTHANOREQUALTO', column(rowsColumn), ast.integer(BigInt(minimum)))
}

/** NULL is no number: the other one is larger. */
function larger(a: Node, b: Node): Node {
  return ast.call('greatest', [a, b])
}
