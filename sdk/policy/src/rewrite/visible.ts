import type { CoreAggregate } from '../analysis/block.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { isOf, keysOf } from './cells.ts'
import { boundContributions } from './contributions.ts'
import { write } from './expressions.ts'
import { askedSets, type Family, isChain } from './family.ts'
import { type CellTable, cellTable, comparedMeasures, tableOf } from './history.ts'
import { sketchCells } from './lanes.ts'
import { type Measure, type Measures, measuresOf } from './measures.ts'
import { fewColumn, findSmallParts, isUnderCondition } from './parts.ts'
import { type CellsSoFar, column, extend, type Named, type Piece, piece } from './pieces.ts'
import type { Limits } from './query.ts'
import { rounded } from './rounding.ts'
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

export function writeFamily(unbounded: Family, limits: Limits): FamilySteps {
  const family = boundContributions(unbounded)
  const minimum = limits.minimumGroupSize
  const measures = measuresOf(family, limits.complementarySuppression)
  const together = limits.complementaryCells && askedSets(family).length > 1
  const compared = comparedMeasures(family, measures, limits.compared)
  const counted = countUnits(family, { measures, minimum, sketched: together })
  const parts = findSmallParts(family, counted.cells, minimum)
  const ready = parts?.cells ?? counted.cells
  const visible = (from: CellsSoFar) => {
    const decided = decide(family, from, measures, minimum, together)
    return [...decided.pieces, showVisible(family, decided.cells, measures, limits.rounding)]
  }
  const steps = [...counted.pieces, ...(parts?.pieces ?? [])]
  if (compared.length === 0) return { compared: null, pieces: [...steps, ...visible(ready)] }
  const sketched = sketchCells(family, ready, compared)
  const table = cellTable(family, sketched.cells, compared, minimum)
  return { compared: { pieces: [...steps, ...sketched.pieces], table }, pieces: visible(tableOf(table, sketched.cells)) }
}

/** Columns that are 1 where something is hidden: `h0` for cells, others for the aggregates that share their measures. */
function decide(family: Family, counted: CellsSoFar, measures: Measures, minimum: number, together: boolean): Decided {
  let cells = counted
  const pieces: Piece[] = []
  const underCondition = new Set(family.aggregates.flatMap((a) => (isUnderCondition(a) ? [listOf(a, measures)] : [])))
  const startOf = ({ hidden, measures: own }: Subject): Named => {
    const cut = counted.columns.includes(fewColumn) && underCondition.has(keyOfMeasures(own))
    const shown = ast.conjunction('and', [
      ...(hidden === hiddenCell ? [] : [ast.comparison('COMPARE_EQUAL', column(hiddenCell), ast.integer(0n))]),
      ...(cut ? [ast.comparison('COMPARE_EQUAL', column(fewColumn), ast.integer(0n))] : []),
      ...own.map((m) => reaches(m, minimum)),
    ])
    return { name: hidden, value: ast.choose(shown, ast.integer(0n), ast.integer(1n)) }
  }
  // what is hidden of aggregates depends on the cells alone, so one step starts them all
  const [ofCells, ...ofAggregates] = subjectsOf(measures)
  for (const subjects of [ofCells === undefined ? [] : [ofCells], ofAggregates]) {
    if (subjects.length === 0) continue
    const start = extend(cells, `${family.name}_${subjects[0]?.hidden}`, subjects.map(startOf))
    pieces.push(start)
    cells = start
    for (const subject of together ? subjects : []) {
      const further = (isChain(family.sets) ? hideInChain : hideCrossing)(family, cells, subject, minimum)
      pieces.push(...further.pieces)
      cells = further.cells
    }
  }
  return { pieces, cells }
}

const hiddenCell = 'h0'

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

function showVisible(family: Family, cells: CellsSoFar, measures: Measures, rounding: string | null): Piece {
  const subjects = new Map(subjectsOf(measures).map((s) => [keyOfMeasures(s.measures), s.hidden]))
  const isShown = (hidden: string) => ast.comparison('COMPARE_EQUAL', column(hidden), ast.integer(0n))
  const aggregates = family.aggregates.map((aggregate): Named => {
    const { name } = aggregate
    const hidden = subjects.get(listOf(aggregate, measures))
    const value = released(aggregate, rounding)
    return { name, value: hidden === undefined ? value : ast.choose(isShown(hidden), value, ast.nothing()) }
  })
  const keys = keysOf(family).map((name) => ({ name, value: column(name) }))
  const asked = family.refined ? isOf(family, askedSets(family)) : null
  const where = ast.conjunction('and', [isShown(hiddenCell), ...(asked === null ? [] : [asked])])
  return piece(visibleName(family), [...keys, ...aggregates], {
    from: ast.table(cells.name, 'x'),
    where,
    // cells differ in their keys: DISTINCT makes DuckDB compute this once for all who read it
    distinct: true,
  })
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
