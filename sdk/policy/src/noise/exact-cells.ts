import type { NoisyColumn } from '@reinraum/privacy'
import type { Column, Expression } from '../analysis/expression.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { scaled } from '../rewrite/aggregates.ts'
import { type Bound, boundsOf, numberOf, withinBounds } from '../rewrite/contributions.ts'
import { write } from '../rewrite/expressions.ts'
import { writeFrom } from '../rewrite/from.ts'
import { column, type Named, type Piece, piece } from '../rewrite/pieces.ts'
import { withValues } from '../rewrite/values.ts'
import { contributionOf } from './contribution.ts'
import type { Measured } from './measured.ts'
import type { NoisyQuery } from './noisy-query.ts'

// Before noise: integers per cell, each the sum of what the rows of its units add, after values were clamped to the grid between
// their bounds and rows of a unit beyond its bounds were left out. No threshold, no rounding: both come after the noise.

/** The steps to the exact cells, their groups and measures as texts: those that noise is added to, then a histogram each. */
export interface ExactCells {
  readonly cells: readonly Piece[]
  readonly histograms: readonly { readonly values: string; readonly pieces: readonly Piece[] }[]
}

type Query = Pick<NoisyQuery, 'core' | 'measured' | 'plan'>

export function exactCells(query: Query, name: string): ExactCells {
  const { core, plan } = query
  const rows = rowsOf(query)
  const keys = core.groups.map((g) => g.name)
  const grouped = keys.length === 0 ? {} : { groups: keys.map((_, i) => i + 1) }
  const ofGroup = keys.map((key) => ({ name: key, value: column(key) }))
  const pieces = (suffix: string, measures: readonly Named[], more: readonly Named[] = []): readonly Piece[] => {
    const groups = [...ofGroup, ...more]
    const by = groups.length === 0 ? {} : { groups: groups.map((_, i) => i + 1) }
    const cells = piece(`${name}_${suffix}`, [...groups, ...measures], {
      from: ast.subquery(rows.select, 'x'),
      ...(more.length === 0 ? grouped : by),
    })
    const texts = cells.columns.map((c) => ({ name: c, value: ast.cast(column(c), 'VARCHAR') }))
    return [cells, piece(`${name}_${suffix}_text`, texts, { from: ast.table(cells.name, 'x') })]
  }
  const noisy = additive(plan.columns)
  const values = [...new Set(plan.columns.flatMap(({ measure }) => (measure.kind === 'quantile' ? [measure.values] : [])))]
  return {
    // a query of quantiles and nothing else has its threshold's units at least
    cells: pieces(
      'exact',
      noisy.map((c, i) => ({ name: `m${i}`, value: measureOf(c, rows) })),
    ),
    histograms: values.map((of, i) => ({
      values: of,
      pieces: pieces(
        `histogram${i}`,
        [{ name: 'n', value: ast.call('count_star', []) }],
        [{ name: 'v', value: rows.stepsOf(of) }],
      ),
    })),
  }
}

/** Columns whose noise is added to a number; the others draw a value by themselves. */
export function additive(columns: readonly NoisyColumn[]): readonly NoisyColumn[] {
  return columns.filter(({ mechanism }) => mechanism !== 'exponential')
}

function measureOf({ measure }: NoisyColumn, rows: Rows): Node {
  switch (measure.kind) {
    case 'units':
      // of units with one row each, no two are the same
      return ast.call('count', [rows.unit], { distinct: !rows.onePerUnit })
    case 'rows':
      return rows.countOf(measure.rows, false)
    case 'distinct':
      return rows.countOf(measure.values, true)
    case 'sum':
      return added(fromCenter(rows.stepsOf(measure.values), measure.center))
    case 'squares': {
      const distance = fromCenter(rows.stepsOf(measure.values), measure.center)
      const reach = [measure.steps.low, measure.steps.high].map((end) =>
        end > measure.center ? end - measure.center : measure.center - end,
      )
      const wide = reach.some((r) => r * r >= 1n << 61n) ? ast.cast(distance, 'HUGEINT') : distance
      return added(fromCenter(ast.call('*', [wide, wide]), measure.squareCenter))
    }
    case 'quantile':
      throw new Error('a quantile is drawn from a histogram')
  }
}

function fromCenter(value: Node, center: bigint): Node {
  return center === 0n ? value : ast.call('-', [value, ast.integer(center)])
}

function added(value: Node): Node {
  return ast.operator('OPERATOR_COALESCE', [ast.call('sum', [value]), ast.cast(ast.integer(0n), 'HUGEINT')])
}

/** The rows that cells are made of, and what each measure takes of them. */
interface Rows {
  readonly select: Node
  readonly unit: Node
  readonly onePerUnit: boolean
  /** a clamped value in steps of its grid, NULL where the row has none or is filtered out */
  readonly stepsOf: (values: string) => Node
  readonly countOf: (rows: string, distinct: boolean) => Node
}

/** Columns that a level of the rows has, each once, under names of one letter and a number. */
interface Level {
  readonly columns: readonly Named[]
  readonly add: (letter: string, value: Node) => string
}

function level(groups: readonly Named[]): Level {
  const columns = [...groups]
  const names = new Map<string, string>()
  return {
    columns,
    add(letter, value) {
      const text = ast.textOf(value)
      const known = names.get(text)
      if (known !== undefined) return known
      const name = `${letter}${columns.length}`
      names.set(text, name)
      columns.push({ name, value })
      return name
    },
  }
}

/** The rows with all that is read of them, `w`; of those that stay within the bounds of their unit, what is measured. */
function rowsOf({ core, measured, plan }: Query): Rows {
  const { from, where, groups, units } = core
  const [first] = units
  if (first === undefined) throw new Error('a core over protected rows has a unit')
  const bounds = boundsOf({ from, units })
  const below = level(groups.map(({ name, value }) => ({ name, value: write(value) })))
  const kept = level(groups.map(({ name }) => ({ name, value: ast.column('w', name) })))
  const unitName = (unit: Column) => below.add('u', write(unit))
  const unit = kept.add('u', ast.column('w', unitName(first)))
  for (const bound of bounds) unitName(bound.unit)
  const steps = stepsByName(plan.columns)
  const taken = new Map(measured.map((m) => [keyOf(m), measure(m, steps, below, kept)]))
  const found = (of: Measured['of'], name: string) => taken.get(keyOf({ of, name })) ?? null
  const read: readonly (Expression | null)[] = [
    where,
    ...groups.map((g) => g.value),
    ...measured.flatMap((m) => [m.value, m.filter]),
  ]
  const source = { from: withValues(writeFrom(from), read), where: where === null ? null : write(where) }
  const own = (of: Bound['of']) =>
    bounds.filter((bound) => bound.of === of).map((bound) => ({ ...bound, unit: within(bound.unit, unitName) }))
  const all = ast.select({ list: below.columns.map((c) => ast.named(c.value, c.name)), ...source })
  const keys = groups.map((g) => g.name)
  const names = below.columns.map((c) => c.name)
  // rows of groups that are left out take no place of others
  const ofGroups = keepFirst(all, own('groups'), names, keys)
  const ofRows = keepFirst(ofGroups, own('rows'), names, keys)
  return {
    select: ast.select({ list: kept.columns.map((c) => ast.named(c.value, c.name)), from: ast.subquery(ofRows, 'w') }),
    unit: column(unit),
    onePerUnit: contributionOf(core).rows === 1,
    stepsOf: (name) => column(found('values', name) ?? missing()),
    countOf: (name, distinct) => {
      const value = found('rows', name)
      return value === null ? ast.call('count_star', []) : ast.call('count', [column(value)], { distinct })
    },
  }
}

function within(unit: Column, nameOf: (unit: Column) => string): Column {
  return { ...unit, table: 'w', name: nameOf(unit) }
}

/** Of the rows, those whose number, or whose group's, is within the bounds of their unit; by their names as they were. */
function keepFirst(rows: Node, bounds: readonly Bound[], names: readonly string[], keys: readonly string[]): Node {
  if (bounds.length === 0) return rows
  const columns = (of: readonly string[]) => of.map((name) => ast.column('w', name))
  const content = { rows: columns(names), groups: columns(keys) }
  const numbers = bounds.map((bound) => ast.named(numberOf(bound, content), bound.name))
  const list = columns(names).map((node, i) => ast.named(node, names[i] ?? ''))
  const numbered = ast.select({ list: [...list, ...numbers], from: ast.subquery(rows, 'w') })
  return ast.select({ list, from: ast.subquery(numbered, 'w'), where: withinBounds(bounds, (unit) => unit.name) })
}

function keyOf({ of, name }: Pick<Measured, 'of' | 'name'>): string {
  return `${of} ${name}`
}

type Steps = { readonly low: bigint; readonly high: bigint }

function stepsByName(columns: readonly NoisyColumn[]): ReadonlyMap<string, Steps> {
  return new Map(columns.flatMap(({ measure }) => ('steps' in measure ? [[measure.values, measure.steps] as const] : [])))
}

/** The column of what is measured; null where every row counts. */
function measure(m: Measured, steps: ReadonlyMap<string, Steps>, below: Level, kept: Level): string | null {
  const { value, filter } = m
  if (value === null && filter === null) return null
  const passes = filter === null ? null : ast.column('w', below.add('f', write(filter)))
  const filtered = (node: Node) => (passes === null ? node : ast.choose(passes, node, ast.nothing()))
  if (value === null) return kept.add('n', filtered(ast.integer(1n)))
  const name = below.add('c', write(value))
  if (m.of === 'rows') return kept.add('c', filtered(ast.column('w', name)))
  const own = steps.get(m.name) ?? missing()
  return kept.add('s', filtered(stepped({ kind: 'column', table: 'w', name, type: value.type, slot: null }, m, own)))
}

/**
 * Clamped as everywhere, and once more as a whole number of steps: what is rounded to the grid may not leave what the noise was
 * made for.
 */
function stepped(value: Column, { bounds, decimals }: Extract<Measured, { of: 'values' }>, { low, high }: Steps): Node {
  const whole = scaled(value, { bounds, scale: decimals })
  const branches = [
    { when: ast.comparison('COMPARE_LESSTHAN', whole, ast.integer(low)), result: ast.integer(low) },
    { when: ast.comparison('COMPARE_GREATERTHAN', whole, ast.integer(high)), result: ast.integer(high) },
  ]
  return ast.chooseFirst(branches, whole)
}

function missing(): never {
  throw new Error('what is planned was measured')
}
