import type { Column, Expression } from '../analysis/expression.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { boundsOf } from '../rewrite/contributions.ts'
import { write } from '../rewrite/expressions.ts'
import { writeFrom } from '../rewrite/from.ts'
import { column, type Piece, piece } from '../rewrite/pieces.ts'
import { withValues } from '../rewrite/values.ts'
import { keepWithinBounds } from './bounded-rows.ts'
import { type DecimalSum, decimalSum, inSteps, type OnGrid } from './grid-steps.ts'
import { withoutUnits } from './less-nobodys.ts'
import { type Level, level } from './level.ts'
import type { Measured } from './measured.ts'
import type { NoisyCore } from './noisy-query.ts'
import { onePerUnit, rowsPerUnitIn } from './stated-rows.ts'

/** The rows that cells are made of, and what measures take of each: columns of `x`. */
export interface MeasuredRows {
  /** the steps to the rows that stay within the bounds of their units */
  readonly pieces: readonly Piece[]
  /** whether rows without a unit are among them, which may count in no cell */
  readonly withNobodys: boolean
  /** of the last of them, all columns that were asked for so far; of rows without a unit alone */
  readonly from: (ofNobody: boolean) => Node
  readonly unit: Node
  /** no two rows are of the same unit */
  readonly onePerUnit: boolean
  /** a clamped value in steps of its grid, NULL where the row has none or is filtered out */
  readonly stepsOf: (values: string) => Node
  /** the same for a sum that is scaled once a cell; null where each row is */
  readonly decimalSumOf: (values: string) => DecimalSum | null
  /** how many rows have a value, or how many values they have */
  readonly countOf: (rows: string, distinct: boolean) => Node
}

type Query = Pick<NoisyCore, 'core' | 'measured' | 'plan'>

/** @param additive whether nothing but counts and sums is taken of the rows */
export function measuredRows(query: Query, name: string, additive: boolean): MeasuredRows {
  const { core, plan } = query
  const { pieces, unit, taken, withNobodys } = boundedRows(query, name, additive)
  const last = pieces.at(-1) ?? missing()
  const kept = level(core.groups.map((g) => ({ name: g.name, value: ast.column('w', g.name) })))
  const own = column(kept.add('u', ast.column('w', unit)))
  const onGrid = gridOf(plan, taken)
  return {
    pieces,
    withNobodys,
    from(ofNobody) {
      const where = ofNobody ? ast.operator('OPERATOR_IS_NULL', [ast.column('w', unit)]) : null
      return ast.subquery(piece('', kept.columns, { from: ast.table(last.name, 'w'), where }).select, 'x')
    },
    unit: own,
    onePerUnit: onePerUnit(core),
    stepsOf(values) {
      const of = onGrid(values)
      return column(kept.add('s', filtered(of, inSteps(of))))
    },
    decimalSumOf(values) {
      const of = onGrid(values)
      const sum = decimalSum(of)
      return sum === null ? null : { ...sum, ofRow: column(kept.add('d', filtered(of, sum.ofRow))) }
    },
    countOf(rows, distinct) {
      const of = taken.get(keyOf({ of: 'rows', name: rows })) ?? missing()
      if (of.value === null && of.passes === null) return ast.call('count_star', [])
      return ast.call('count', [column(kept.add('c', filtered(of, of.value ?? ast.integer(1n))))], { distinct })
    },
  }
}

/** What is measured, as columns of the rows. */
interface Taken {
  readonly measured: Measured
  /** null where rows are counted whatever they have */
  readonly value: Node | null
  /** null where every row counts */
  readonly passes: Node | null
}

function filtered({ passes }: Taken, value: Node): Node {
  return passes === null ? value : ast.choose(passes, value, ast.nothing())
}

/** The value that is measured under a name, with its grid. */
function gridOf({ columns }: Query['plan'], taken: BoundedRows['taken']): (values: string) => Taken & OnGrid {
  const steps = new Map(columns.flatMap(({ measure }) => ('steps' in measure ? [[measure.values, measure.steps] as const] : [])))
  return (values) => {
    const of = taken.get(keyOf({ of: 'values', name: values })) ?? missing()
    if (of.measured.of !== 'values' || of.value === null) return missing()
    const { value, decimals, every } = of.measured
    return { ...of, value: of.value, type: value.type, decimals, every: BigInt(every), ends: steps.get(values) ?? missing() }
  }
}

interface BoundedRows {
  readonly pieces: readonly Piece[]
  /** the column of the unit */
  readonly unit: string
  readonly taken: ReadonlyMap<string, Taken>
  readonly withNobodys: boolean
}

/** The rows with all that is read of them, each value once, and of those the ones that stay. */
function boundedRows({ core, measured }: Query, name: string, additive: boolean): BoundedRows {
  const { from, where, groups, units } = core
  // no unit is over a bound of as many rows as it has anyway
  const most = rowsPerUnitIn(from)
  const needed = boundsOf(core).filter((bound) => most === null || bound.most < most)
  const bounds = groups.length === 0 ? needed.filter((bound) => bound.of === 'rows') : needed
  const columns = level(groups.map((g) => ({ name: g.name, value: write(g.value) })))
  const nameOf = (unit: Column) => columns.add('u', write(unit))
  const unit = nameOf(units[0] ?? missing())
  const own = bounds.map((bound) => ({ ...bound, unit: { ...bound.unit, table: 'w', name: nameOf(bound.unit) } }))
  const taken = new Map(measured.map((m) => [keyOf(m), takenOf(m, columns)]))
  const read: readonly (Expression | null)[] = [
    where,
    ...groups.map((g) => g.value),
    ...measured.flatMap((m) => [m.value, m.filter]),
  ]
  const source = withValues(writeFrom(from), read)
  // a dataset is read again sooner than its rows are kept, a join not
  const alone = from.kind === 'relation' && from.relation.source.kind === 'slot'
  const everybodys = withoutUnits(core)
  const withNobodys = additive && own.length === 0 && alone && everybodys !== undefined
  const condition = withNobodys ? everybodys : where
  const rows = {
    ...piece(`${name}_rows`, columns.columns, { from: source, where: condition === null ? null : write(condition) }),
    once: own.length > 0 && !alone,
  }
  const keys = groups.map((g) => g.name)
  const pieces = [rows, ...(own.length === 0 ? [] : keepWithinBounds({ rows, bounds: own, keys }))]
  return { pieces, unit, taken, withNobodys }
}

function takenOf(measured: Measured, columns: Level): Taken {
  const { value, filter } = measured
  const columnOf = (letter: string, of: Expression) => ast.column('w', columns.add(letter, write(of)))
  return {
    measured,
    value: value === null ? null : columnOf('c', value),
    passes: filter === null ? null : columnOf('f', filter),
  }
}

function keyOf({ of, name }: Pick<Measured, 'of' | 'name'>): string {
  return `${of} ${name}`
}

function missing(): never {
  throw new Error('what is planned was measured')
}
