import type { CoreAggregate } from '../analysis/block.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { isOf, isSameCell, keysOf } from './cells.ts'
import { write } from './expressions.ts'
import { askedSets, type Family, isChain } from './family.ts'
import { type CellTable, cellTable, comparedMeasures, tableOf } from './history.ts'
import { sketchCells } from './lanes.ts'
import { type Measure, type Measures, measuresOf } from './measures.ts'
import { fewColumn, findSmallParts, isUnderCondition } from './parts.ts'
import { type CellsSoFar, column, extend, type Named, type Piece, piece } from './pieces.ts'
import type { Limits } from './query.ts'
import { rounded } from './rounding.ts'
import { type FamilyOverRows, overRows } from './rows.ts'
import { hideInChain } from './suppression/chain.ts'
import { hideCrossing } from './suppression/crossing.ts'
import type { Decided, Subject } from './suppression/subject.ts'
import { countUnits } from './units.ts'

/** The steps from a family's rows to its visible cells. */
export interface FamilySteps {
  /** where cells are compared with earlier ones: the steps to the cells that become a table */
  readonly compared: { readonly pieces: readonly Piece[]; readonly table: CellTable } | null
  /** the last one is all that other blocks may read */
  readonly pieces: readonly Piece[]
}

export function writeFamily(submitted: Family, limits: Limits): FamilySteps {
  const minimum = limits.minimumGroupSize
  const family = overRows(submitted, minimum)
  const measures = measuresOf(family, limits.complementarySuppression)
  const together = limits.complementaryCells && askedSets(family).length > 1
  const compared = comparedMeasures(family, measures, limits.compared)
  const counted = countUnits(family, { measures, minimum, sketched: together })
  const parts = findSmallParts(family, counted.cells, minimum)
  const ready = parts?.cells ?? counted.cells
  const visible = (from: CellsSoFar) => {
    const show = (cells: CellsSoFar, shows: (subject: Subject) => Node, beside?: CellsSoFar) =>
      showVisible(family, besideEach(family, cells, beside), measures, limits.rounding, shows)
    if (!together) return [show(from, (subject) => ast.conjunction('and', reachesAll(family, from, measures, subject, minimum)))]
    const decided = decide(family, without(from, family.aggregates), measures, minimum)
    return [...decided.pieces, show(from, ({ hidden }) => isShown(hidden, 'y'), decided.cells)]
  }
  const steps = [family.rows.piece, ...counted.pieces, ...(parts?.pieces ?? [])]
  if (compared.length === 0) return { compared: null, pieces: [...steps, ...visible(ready)] }
  const sketched = sketchCells(family, ready, compared)
  const table = cellTable(family, sketched.cells, compared, minimum)
  return { compared: { pieces: [...steps, ...sketched.pieces], table }, pieces: visible(tableOf(table, sketched.cells)) }
}

/**
 * Columns that are 1 where something is hidden beside what has too few units: `h0` for cells, others for the aggregates that
 * share their measures. Null where nothing is hidden beside others.
 */
function decide(family: FamilyOverRows, counted: CellsSoFar, measures: Measures, minimum: number): Decided {
  let cells = counted
  const pieces: Piece[] = []
  // what is hidden of aggregates depends on the cells alone, so one step starts them all
  const [ofCells, ...ofAggregates] = subjectsOf(measures)
  for (const subjects of [ofCells === undefined ? [] : [ofCells], ofAggregates]) {
    if (subjects.length === 0) continue
    const start = extend(
      cells,
      `${family.name}_${subjects[0]?.hidden}`,
      subjects.map((subject) => {
        const ofCell = subject.hidden === hiddenCell ? [] : [isShown(hiddenCell)]
        const shown = ast.conjunction('and', [...ofCell, ...reachesAll(family, counted, measures, subject, minimum)])
        return { name: subject.hidden, value: ast.choose(shown, ast.integer(0n), ast.integer(1n)) }
      }),
    )
    pieces.push(start)
    cells = start
    for (const subject of subjects) {
      const further = (isChain(family.sets) ? hideInChain : hideCrossing)(family, cells, subject, minimum)
      pieces.push(...further.pieces)
      cells = further.cells
    }
  }
  return { pieces, cells }
}

/** Whether a subject has enough units by itself, and no part of the cell that its conditions cut has too few. */
function reachesAll(
  family: Family,
  cells: CellsSoFar,
  measures: Measures,
  { measures: own }: Subject,
  minimum: number,
): readonly Node[] {
  const underCondition = family.aggregates.some((a) => isUnderCondition(a) && listOf(a, measures) === keyOfMeasures(own))
  const cut = cells.columns.includes(fewColumn) && underCondition
  return [
    ...(cut ? [ast.comparison('COMPARE_EQUAL', column(fewColumn), ast.integer(0n))] : []),
    ...own.map((m) => reaches(m, minimum)),
  ]
}

const hiddenCell = 'h0'

function isShown(hidden: string, table = 'x'): Node {
  return ast.comparison('COMPARE_EQUAL', ast.column(table, hidden), ast.integer(0n))
}

/** What is decided of cells needs none of their aggregates, which would have to be passed through every step. */
function without(cells: CellsSoFar, aggregates: Family['aggregates']): CellsSoFar {
  return { ...cells, columns: cells.columns.filter((name) => aggregates.every((a) => a.name !== name)) }
}

/** Cells, and beside them what was decided of each. */
function besideEach(family: Family, cells: CellsSoFar, decided: CellsSoFar | undefined): Node {
  const from = ast.table(cells.name, 'x')
  if (decided === undefined) return from
  return ast.join('INNER', from, ast.table(decided.name, 'y'), isSameCell(family))
}

function subjectsOf({ ofCell, ofAggregate }: Measures): readonly Subject[] {
  const lists = [ofCell, ...[...ofAggregate.values()].filter((list) => list.length > 0)]
  const distinct = new Map(lists.map((list) => [keyOfMeasures(list), list]))
  return [...distinct.values()].map((list, i) => ({ hidden: `h${i}`, measures: list }))
}

/** The key of the measures that an aggregate needs. */
function listOf({ name }: CoreAggregate, { ofAggregate }: Measures): string {
  return keyOfMeasures(ofAggregate.get(name) ?? [])
}

function keyOfMeasures(list: readonly Measure[]): string {
  return list.map((m) => m.name).join(' ')
}

/** @param shows the condition under which a subject is shown; of aggregates, in a cell that is */
function showVisible(
  family: Family,
  from: Node,
  measures: Measures,
  rounding: string | null,
  shows: (subject: Subject) => Node,
): Piece {
  const [ofCell, ...others] = subjectsOf(measures)
  const subjects = new Map(others.map((s) => [keyOfMeasures(s.measures), s]))
  const aggregates = family.aggregates.map((aggregate): Named => {
    const { name } = aggregate
    const subject = subjects.get(listOf(aggregate, measures))
    const value = released(aggregate, rounding)
    return { name, value: subject === undefined ? value : ast.choose(shows(subject), value, ast.nothing()) }
  })
  const keys = keysOf(family).map((name) => ({ name, value: column(name) }))
  const asked = family.refined ? isOf(family, askedSets(family)) : null
  const where = ast.conjunction('and', [...(ofCell === undefined ? [] : [shows(ofCell)]), ...(asked === null ? [] : [asked])])
  return { ...piece(visibleName(family), [...keys, ...aggregates], { from, where }), once: true }
}

/** Rounded, but for moments, which only a spread reads. */
function released({ name, type, operation }: CoreAggregate, rounding: string | null): Node {
  const isMoment = ['momentCount', 'momentSum', 'momentSquares'].includes(operation)
  return rounding === null || isMoment
    ? column(name)
    : write(rounded({ kind: 'column', table: 'x', name, type, slot: null }, rounding))
}

/** The name of what blocks read of a family. */
export function visibleName({ name }: Family): string {
  return `${name}_visible`
}

function reaches({ name, rows }: Measure, minimum: number): Node {
  const enough = ast.comparison('COMPARE_GREATERTHANOREQUALTO', column(name), ast.integer(BigInt(minimum)))
  if (rows === null) return enough
  return ast.conjunction('or', [ast.comparison('COMPARE_EQUAL', column(rows), ast.integer(0n)), enough])
}
