import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { groupedBy, keysOf, maskColumn, maskFrom, maskOf, rowsColumn, writeSource } from './cells.ts'
import { write } from './expressions.ts'
import { askedSets, type Family, isChain } from './family.ts'
import type { Measure, Measures } from './measures.ts'
import { column, extend, type Named, type Piece, piece } from './pieces.ts'
import { bitsIn, sketchOf, wordsFor } from './sketch.ts'

// Counting distinct units costs several times the query itself, and a threshold only asks whether they reach the minimum.
// So three steps, each for those cells only that the one before left open: a sketch of the first rows, which most cells
// reach the minimum by; a sketch of all rows of a cell; and the exact count. Where no cell is left open, the engine sees
// that one side of a join is empty and does not read the rows. All that a step can say wrongly is "not yet": which rows
// come first changes the time a query takes and not its result.

/** About a row group of Parquet: enough for thousands of groups. */
const firstRows = 120_000

/** The number of units per measure of every cell: exact, or a lower bound that reaches the minimum. */
export interface CountedCells {
  readonly pieces: readonly Piece[]
  readonly cells: Piece
}

/**
 * `sketched` keeps, for every cell that does not reach the minimum by the first rows, the sketches of its units, which
 * decide on what else must be suppressed.
 */
export function countUnits(family: Family, cells: Piece, { all }: Measures, minimum: number, sketched: boolean): CountedCells {
  const words = wordsFor(minimum)
  const bits = (measure: Measure): readonly Named[] => {
    const sketch = sketchOf(ast.column('r', measure.name), words)
    return sketched
      ? sketch.map((value, i) => ({ name: sketchName(measure, i), value }))
      : [{ name: measure.name, value: bitsIn(sketch) }]
  }
  const name = (step: string) => `${family.name}_${step}`

  const first = piece(
    name('first'),
    [...keyed(family), ...all.map((m) => ({ name: m.name, value: bitsIn(sketchOf(ast.column('r', m.name), words)) }))],
    { from: ast.subquery(writeFirstRows(family, all), 'r'), ...groupedBy(family) },
  )
  const seen = merge(family, name('seen'), cells, first, (m) => orZero(ast.column('y', m.name)), all)

  const stillOpen = ast.conjunction('and', [enoughRows(minimum), below(all, minimum)])
  const nested = isChain(family.sets)
  // what is hidden beside others is decided by sketches: of the finest cells where cells are nested
  const open = (set: readonly number[]) => (sketched && (!nested || set === family.sets[0]) ? below(all, minimum) : stillOpen)
  const sketches = recount(family, name('sketches'), all, seen, open, bits)
  const words_ = (m: Measure) => Array.from({ length: words }, (_, i) => sketchName(m, i))
  const more = sketched ? all.flatMap((m) => words_(m).map((c) => ({ name: c, value: ast.column('y', c) }))) : []
  const found = (m: Measure) => orZero(sketched ? bitsIn(words_(m).map((c) => ast.column('y', c))) : ast.column('y', m.name))
  const bounded = merge(family, name('bounded'), seen, last(sketches), (m) => larger(column(m.name), found(m)), all, more)

  const exact = (m: Measure) => [{ name: m.name, value: ast.call('count', [ast.column('r', m.name)], { distinct: true }) }]
  const counts = recount(family, name('counts'), all, bounded, () => stillOpen, exact)
  const counted = merge(
    family,
    name('counted'),
    bounded,
    last(counts),
    (m) => larger(column(m.name), orZero(ast.column('y', m.name))),
    all,
  )
  return { pieces: [first, seen, ...sketches, bounded, ...counts, counted], cells: counted }
}

export function sketchName({ name }: Measure, word: number): string {
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

/** The rows of a family: its groups, and per measure the unit behind a row. */
export function writeRows(family: Family, measures: readonly Measure[]): ast.SelectParts {
  const list = [
    ...family.groups.map(({ name, value }) => ast.named(write(value), name)),
    ...measures.map(({ name, unit }) => ast.named(unit, name)),
  ]
  return { list, ...writeSource(family) }
}

/**
 * Joined with a row of no columns that matter: over a plain scan, DuckDB reads the numbers of the first rows in one pass
 * and the rows themselves in another.
 */
function writeFirstRows(family: Family, measures: readonly Measure[]): Node {
  const rows = writeRows(family, measures)
  const one = ast.select({ list: [ast.named(ast.call('count_star', []), 'n')], from: ast.table(family.name, 'x') })
  return ast.select({ ...rows, from: ast.join('INNER', rows.from, ast.subquery(one, 'one'), null), limit: firstRows })
}

/** What is counted over the rows of open cells only, one grouping set after the other. */
function recount(
  family: Family,
  name: string,
  measures: readonly Measure[],
  cells: Piece,
  open: (set: readonly number[]) => Node,
  count: (measure: Measure) => readonly Named[],
): readonly Piece[] {
  const parts = askedSets(family).map((set) => recountSet(family, measures, cells, open(set), count, set))
  // one union of two per step: the parser balances longer chains, and the text would not read back
  const pieces: Piece[] = []
  for (const part of parts.reverse()) {
    const rest = pieces.at(-1)
    const named = { ...part, name: `${name}_${pieces.length}` }
    if (rest === undefined) pieces.push(named)
    else pieces.push({ ...named, select: ast.setOperation('UNION', true, part.select, everything(rest)) })
  }
  return pieces
}

function everything(from: Piece): Node {
  return extend(from, from.name, []).select
}

function last(pieces: readonly Piece[]): Piece {
  return pieces.at(-1) ?? noSet()
}

function noSet(): never {
  throw new Error('a family has a grouping set')
}

function recountSet(
  family: Family,
  measures: readonly Measure[],
  cells: Piece,
  open: Node,
  count: (measure: Measure) => readonly Named[],
  set: readonly number[],
): Piece {
  const names = set.map((i) => family.groups[i]?.name ?? '')
  const mask = keysOf(family).includes(maskColumn) ? maskOf(family, set) : null
  const ofSet = mask === null ? [] : [ast.comparison('COMPARE_EQUAL', column(maskColumn), mask)]
  const wanted = ast.select({
    list: [...names.map((n) => ast.named(column(n), n)), ast.named(column(rowsColumn), rowsColumn)],
    from: ast.table(cells.name, 'x'),
    where: ast.conjunction('and', [...ofSet, open]),
  })
  const same = names.map((n) => ast.comparison('COMPARE_NOT_DISTINCT_FROM', ast.column('r', n), ast.column('o', n)))
  const rows = ast.subquery(ast.select(writeRows(family, measures)), 'r')
  const on = same.length === 0 ? null : ast.conjunction('and', same)
  const groups = [...set].map((i) => i + 1)
  const list: readonly Named[] = [
    ...family.groups.map(({ name }, i) => ({ name, value: set.includes(i) ? ast.column('r', name) : ast.nothing() })),
    ...(mask === null ? [] : [{ name: maskColumn, value: mask }]),
    ...measures.flatMap(count),
  ]
  return piece('', list, { from: ast.join('INNER', rows, ast.subquery(wanted, 'o'), on), groups })
}

/**
 * A step's findings beside its cells. DISTINCT takes nothing away, since cells differ in their keys: it is what makes
 * DuckDB compute the step once and not wherever it is read.
 */
export function merge(
  family: Family,
  name: string,
  cells: Piece,
  found: Piece,
  value: (measure: Measure) => Node,
  measures: readonly Measure[],
  more: readonly Named[] = [],
): Piece {
  const same = keysOf(family).map((k) => ast.comparison('COMPARE_NOT_DISTINCT_FROM', column(k), ast.column('y', k)))
  const on = same.length === 0 ? null : ast.conjunction('and', same)
  const from = ast.join(on === null ? 'INNER' : 'LEFT', ast.table(cells.name, 'x'), ast.table(found.name, 'y'), on)
  return extend(cells, name, [...measures.map((m) => ({ name: m.name, value: value(m) })), ...more], { from, distinct: true })
}

function below(measures: readonly Measure[], minimum: number): Node {
  const terms = measures.map((m) => ast.comparison('COMPARE_LESSTHAN', column(m.name), ast.integer(BigInt(minimum))))
  return ast.conjunction('or', terms)
}

/** Fewer rows than the minimum hold fewer units. */
function enoughRows(minimum: number): Node {
  return ast.comparison('COMPARE_GREATERTHANOREQUALTO', column(rowsColumn), ast.integer(BigInt(minimum)))
}

function orZero(node: Node): Node {
  return ast.operator('OPERATOR_COALESCE', [node, ast.integer(0n)])
}

function larger(a: Node, b: Node): Node {
  return ast.choose(ast.comparison('COMPARE_GREATERTHAN', a, b), a, b)
}
