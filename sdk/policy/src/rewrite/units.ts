import { relationsOf } from '../analysis/block.ts'
import type { Slot } from '../analysis/slots.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import {
  groupedBy,
  hasSets,
  isOf,
  isSameCell,
  keysOf,
  maskColumn,
  maskFrom,
  maskOf,
  rowsColumn,
  rowsOf,
  type SketchOf,
  writeCells,
} from './cells.ts'
import { write } from './expressions.ts'
import { askedSets, type Family } from './family.ts'
import type { Measure, Measures } from './measures.ts'
import { column, extend, type Named, type Piece, piece } from './pieces.ts'
import { type FamilyOverRows, rowAlias } from './rows.ts'
import { bitsIn, wordsFor } from './sketch.ts'

// Counting distinct units costs several times the query itself, and a threshold only asks whether they reach the minimum.
// So it takes steps, each for those cells only that the one before left open: a sketch of the first rows, which most cells
// reach the minimum by; where these leave many cells open, a sketch of all rows; and the exact count. Where no cell is left
// open, the engine sees that one side of a join is empty and does not read the rows. All that a step can say wrongly is "not
// yet": which rows come first changes the time a query takes and not its result.
//
// Sketches of all rows are made with the cells: two ways of writing those stand in the query, and one of them runs. Cells
// have them in any case where sketches decide on more than the threshold, and where reading the first rows costs as much as
// reading all of them: in joins of several datasets, whose other sides are read whole, and in rows that are themselves made
// of many.

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
  return !by.sketched && isCheapToStart(family, by.measures) ? countStepwise(family, by) : countAtOnce(family, by)
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

function countAtOnce(family: FamilyOverRows, { measures, minimum, sketched }: CountedBy): CountedCells {
  const { all } = measures
  const cells = writeCells(family, measures, (sketch) => [
    ...bitsSet(all, sketch),
    ...(sketched ? all.flatMap((m) => sketch(m).map((value, i) => ({ name: sketchName(m, i), value }))) : []),
  ])
  const counted = countExactly(family, cells, all, minimum)
  return { pieces: [cells, ...counted.pieces], cells: counted.cells }
}

/** How many bits the sketch of each measure has: at most its units. */
function bitsSet(measures: readonly Measure[], sketch: SketchOf): readonly Named[] {
  return measures.map((measure) => ({ name: measure.name, value: bitsIn(sketch(measure)) }))
}

function countStepwise(family: FamilyOverRows, by: CountedBy): CountedCells {
  const { measures, minimum } = by
  const { all } = measures
  const name = (step: string) => `${family.name}_${step}`
  const first = piece(
    name('first'),
    [
      ...keyed(family),
      { name: rowsColumn, value: ast.call('count_star', []) },
      ...bitsSet(all, ({ bits }) => bits.map((bit) => ast.call('bit_or', [bit]))),
    ],
    { from: ast.subquery(writeFirstRows(family, all), 'r'), ...groupedBy(family) },
  )
  const start = startingCells(family, by, first)
  const known = (m: Measure) => (start.sketched ? column(m.name) : ast.integer(0n))
  const found = (m: Measure) => ast.column('y', m.name)
  const seen = merge(family, name('seen'), start.cells, first, (m) => larger(known(m), found(m)), all)
  const counted = countExactly(family, seen, all, minimum)
  return { pieces: [first, ...start.pieces, seen, ...counted.pieces], cells: counted.cells }
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

function countExactly(family: FamilyOverRows, cells: Piece, all: readonly Measure[], minimum: number): CountedCells {
  const exact = all.map((m) => ({ name: m.name, value: ast.call('count', [m.unit], { distinct: true }) }))
  const counts = recount(family, cells, stillOpen(all, minimum), exact)
  const found = (m: Measure) => larger(column(m.name), ast.column('y', m.name))
  const counted = merge(family, `${family.name}_counted`, cells, last(counts), found, all)
  return { pieces: [...counts, counted], cells: counted }
}

export function sketchName({ name }: Measure, word: number): string {
  return `k${name.slice(1)}_${word}`
}

/** The columns of a measure's sketch. */
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

/** Names of columns of rows that an expression of them reads. */
function columnsIn(value: unknown): readonly string[] {
  if (value === null || typeof value !== 'object') return []
  const { class: kind, column_names } = value as { readonly class?: unknown; readonly column_names?: readonly string[] }
  const [table, name] = kind === 'COLUMN_REF' ? (column_names ?? []) : []
  return table === rowAlias && name !== undefined ? [name] : Object.values(value).flatMap(columnsIn)
}

function slotOf({ from }: Family): Slot {
  const found = relationsOf(from).find(({ source }) => source.kind === 'slot' && source.slot.unit !== null)?.source
  if (found?.kind !== 'slot') throw new Error('a family reads a protected dataset')
  return found.slot
}

/** What is counted over the rows of open cells only, one grouping set after the other. */
function recount(family: FamilyOverRows, cells: Piece, isOpen: Node, counted: readonly Named[]): readonly Piece[] {
  const name = `${family.name}_counts`
  const wanted = openCells(family, `${name}_open`, cells, isOpen)
  const any = anyOf(wanted, `${name}_any`)
  const gate = ast.table(any.name, 'gate')
  const behind = family.rows.behind(gate)
  const gated: Piece | null = behind === null ? null : { name: `${name}_rows`, columns: [], select: behind, once: false }
  const rows = gated === null ? ast.join('INNER', rowsOf(family), gate, null) : ast.table(gated.name, rowAlias)
  const parts = askedSets(family).map((set) => recountSet(family, rows, wanted, counted, set))
  // one union of two per step: the parser balances longer chains, and the text would not read back
  const pieces: Piece[] = []
  for (const part of parts.reverse()) {
    const rest = pieces.at(-1)
    const named = { ...part, name: `${name}_${pieces.length}` }
    if (rest === undefined) pieces.push(named)
    else pieces.push({ ...named, select: ast.setOperation('UNION', true, part.select, everything(rest)) })
  }
  return [wanted, any, ...(gated === null ? [] : [gated]), ...pieces]
}

/** What tells open cells apart. */
function openCells(family: Family, name: string, cells: Piece, isOpen: Node): Piece {
  const asked = family.refined ? isOf(family, askedSets(family)) : null
  const list = [...keysOf(family), rowsColumn].map((key) => ({ name: key, value: column(key) }))
  const where = ast.conjunction('and', [...(asked === null ? [] : [asked]), isOpen])
  return { ...piece(name, list, { from: ast.table(cells.name, 'x'), where }), once: true }
}

/**
 * A row if any cell is open. An engine that does not know how many are may read all rows before it sees that none is: every
 * dataset stands behind this gate.
 */
function anyOf(open: Piece, name: string): Piece {
  return piece(name, [{ name: 'one', value: ast.integer(1n) }], { from: ast.table(open.name, 'x'), limit: 1 })
}

function everything(from: Piece): Node {
  return extend(from, from.name, []).select
}

function last(pieces: readonly Piece[]): Piece {
  return pieces.at(-1) ?? noSet()
}

function noGroup(): never {
  throw new Error('a set is made of groups')
}

function noSet(): never {
  throw new Error('a family has a grouping set')
}

function recountSet(family: Family, rows: Node, open: Piece, counted: readonly Named[], set: readonly number[]): Piece {
  const names = set.map((i) => family.groups[i]?.name ?? '')
  const mask = keysOf(family).includes(maskColumn) ? maskOf(family, set) : null
  const wanted = (ofSet: Node) =>
    ast.select({
      list: [...names, rowsColumn].map((n) => ast.named(column(n), n)),
      from: ast.table(open.name, 'x'),
      where: ast.comparison('COMPARE_EQUAL', column(maskColumn), ofSet),
    })
  const value = (i: number) => write(family.groups[i]?.value ?? noGroup())
  const same = set.map((i) =>
    ast.comparison('COMPARE_NOT_DISTINCT_FROM', value(i), ast.column('o', family.groups[i]?.name ?? '')),
  )
  const on = same.length === 0 ? null : ast.conjunction('and', same)
  const groups = [...set].map((i) => i + 1)
  const list: readonly Named[] = [
    ...family.groups.map(({ name }, i) => ({ name, value: set.includes(i) ? value(i) : ast.nothing() })),
    ...(mask === null ? [] : [{ name: maskColumn, value: mask }]),
    ...counted,
  ]
  const cells = mask === null ? ast.table(open.name, 'o') : ast.subquery(wanted(mask), 'o')
  return piece('', list, { from: ast.join('INNER', rows, cells, on), groups })
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
