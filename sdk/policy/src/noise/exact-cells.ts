import type { NoisePlan, NoisyColumn } from '@reinraum/privacy'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { column, type Named, type Piece, piece } from '../rewrite/pieces.ts'
import { lessNobodys } from './less-nobodys.ts'
import { type Level, level } from './level.ts'
import { type MeasuredRows, measuredRows } from './measured-rows.ts'
import type { NoisyCore } from './noisy-query.ts'
import { onePerUnit } from './stated-rows.ts'

// Before noise: integers per cell, each the sum of what the rows of its units add, after values were clamped to the grid between
// their bounds and rows of a unit beyond its bounds were left out. No threshold, no rounding: both come after the noise.

/** The steps to the exact cells, their groups and measures as texts: those that noise is added to, then a histogram each. */
export interface ExactCells {
  readonly cells: readonly Piece[]
  readonly histograms: readonly { readonly values: string; readonly pieces: readonly Piece[] }[]
  /** the units of groups that have too few rows to do without; null where all are among the cells */
  readonly units: readonly Piece[] | null
}

/** @param open the table of groups whose units are counted, where rows may spare it */
export function exactCells(query: Pick<NoisyCore, 'core' | 'measured' | 'plan'>, name: string, open: string): ExactCells {
  const { core, plan } = query
  const groups = core.groups.map((g) => ({ name: g.name, value: column(g.name) }))
  const values = [...new Set(plan.columns.flatMap(({ measure }) => (measure.kind === 'quantile' ? [measure.values] : [])))]
  const stepsTo = (suffix: string, rows: MeasuredRows, { by, aggregates, texts }: CellsOfRows): readonly Piece[] => {
    const own = `${name}_${suffix}`
    const grouped = by.length === 0 ? {} : { groups: by.map((_, i) => i + 1) }
    const columns = (last: string) => {
      const list = texts.map((t) => ({ name: t.name, value: ast.cast(t.value, 'VARCHAR') }))
      return piece(`${own}_text`, list, { from: ast.table(last, 'x') })
    }
    const cellsOf = (of: string, ofNobody: boolean) => piece(of, aggregates.columns, { from: rows.from(ofNobody), ...grouped })
    if (!rows.withNobodys) return [...rows.pieces, cellsOf(own, false), columns(own)]
    const counted = aggregates.add('a', ast.call('count_star', []))
    const [cells, nobodys] = [cellsOf(`${own}_all`, false), cellsOf(`${own}_nobodys`, true)]
    const less = lessNobodys({ cells, nobodys, keys: by.map((g) => g.name), rows: counted }, own)
    return [...rows.pieces, cells, nobodys, less, columns(own)]
  }
  const exact = () => {
    const noisy = cellColumns(plan)
    const isAdditive = noisy.every(({ measure }) => measure.kind !== 'distinct' && (measure.kind !== 'units' || onePerUnit(core)))
    const [rows, aggregates] = [measuredRows(query, name, isAdditive), level(groups)]
    // a query of quantiles and nothing else has its threshold's units at least
    const measures = noisy.map((c, i) => ({ name: `m${i}`, value: measureOf(c, rows, aggregates) }))
    return stepsTo('exact', rows, { by: groups, aggregates, texts: [...groups, ...measures] })
  }
  const histogram = (of: string, i: number) => {
    const rows = measuredRows(query, name, true)
    const by = [...groups, { name: 'v', value: rows.stepsOf(of) }]
    const aggregates = level(by)
    const n = { name: 'n', value: column(aggregates.add('a', ast.call('count_star', []))) }
    return stepsTo(`histogram${i}`, rows, { by, aggregates, texts: [...groups, { name: 'v', value: column('v') }, n] })
  }
  const units = () => {
    const [rows, aggregates] = [measuredRows(query, name, false), level(groups)]
    const counted = additive(plan.columns).filter((c) => !cellColumns(plan).includes(c))
    const measures = counted.map((c) => ({ name: 'm', value: measureOf(c, rows, aggregates) }))
    const within = { ...rows, from: (ofNobody: boolean) => inGroupsOf(open, rows.from(ofNobody), groups) }
    return stepsTo('units', within, { by: groups, aggregates, texts: [...groups, ...measures] })
  }
  return {
    cells: exact(),
    histograms: values.map((of, i) => ({ values: of, pieces: histogram(of, i) })),
    units: plan.threshold?.spared == null ? null : units(),
  }
}

/** Rows of groups that the table names, each once. */
function inGroupsOf(table: string, rows: Node, groups: readonly Named[]): Node {
  if (groups.length === 0) return rows
  const same = groups.map(({ name }) => ast.comparison('COMPARE_EQUAL', column(name), ast.column('o', name)))
  return ast.join('INNER', rows, ast.table(table, 'o'), ast.conjunction('and', same))
}

interface CellsOfRows {
  readonly by: readonly Named[]
  readonly aggregates: Level
  /** what is made of the aggregates of a cell */
  readonly texts: readonly Named[]
}

/** Columns whose noise is added to a number; the others draw a value by themselves. */
export function additive(columns: readonly NoisyColumn[]): readonly NoisyColumn[] {
  return columns.filter(({ mechanism }) => mechanism !== 'exponential')
}

/** Of those, the ones that are read of every group: the number of units is not where enough rows spare it. */
export function cellColumns({ columns, threshold }: Pick<NoisePlan, 'columns' | 'threshold'>): readonly NoisyColumn[] {
  const all = additive(columns)
  return threshold?.spared == null ? all : all.filter(({ name }) => name !== threshold.column)
}

/** The number of a cell, made of aggregates that are added to it. */
function measureOf({ measure }: NoisyColumn, rows: MeasuredRows, cells: Level): Node {
  const aggregated = (node: Node) => column(cells.add('a', node))
  switch (measure.kind) {
    case 'units':
      // every row has a unit; of units with one row each, no two are the same
      return aggregated(rows.onePerUnit ? ast.call('count_star', []) : ast.call('count', [rows.unit], { distinct: true }))
    case 'rows':
      return aggregated(rows.countOf(measure.rows, false))
    case 'distinct':
      return aggregated(rows.countOf(measure.values, true))
    case 'sum':
      return sumOf(measure, rows, aggregated)
    case 'squares': {
      const { steps, center } = measure
      const distance = fromCenter(rows.stepsOf(measure.values), center)
      const reaches = (end: bigint) => steps.low <= center - end || steps.high >= center + end
      const wide = ast.cast(distance, reaches(1n << 31n) ? 'HUGEINT' : reaches(1n << 15n) ? 'BIGINT' : 'INTEGER')
      return orNone(aggregated(ast.call('sum', [fromCenter(ast.call('*', [wide, wide]), measure.squareCenter)])))
    }
    case 'quantile':
      throw new Error('a quantile is drawn from a histogram')
  }
}

type Sum = Extract<NoisyColumn['measure'], { kind: 'sum' }>

function sumOf({ values, center }: Sum, rows: MeasuredRows, aggregated: (node: Node) => Node): Node {
  const decimal = rows.decimalSumOf(values)
  if (decimal === null) return orNone(aggregated(ast.call('sum', [fromCenter(rows.stepsOf(values), center)])))
  const sum = orNone(decimal.whole(aggregated(ast.call('sum', [decimal.ofRow]))))
  if (center === 0n) return sum
  const centers = ast.call('*', [huge(ast.integer(center)), huge(aggregated(ast.call('count', [decimal.ofRow])))])
  return ast.call('-', [sum, centers])
}

function fromCenter(value: Node, center: bigint): Node {
  return center === 0n ? value : ast.call('-', [value, ast.integer(center)])
}

/** A cell where no row has a value adds up to nothing. */
function orNone(sum: Node): Node {
  return ast.operator('OPERATOR_COALESCE', [sum, huge(ast.integer(0n))])
}

function huge(value: Node): Node {
  return ast.cast(value, 'HUGEINT')
}
