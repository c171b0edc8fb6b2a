import { type AggregateFunction, aggregateFunctions, type ColumnRule } from '@reinraum/statements'
import type { FunctionNode } from '../ast/nodes.ts'
import { offsetWithin } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { type DerivedColumn, type From, slotsOf } from './block.ts'
import { type Column, columnsOf, type Expression, keyOf, sidesBehind } from './expression.ts'
import { measure } from './measure.ts'
import { commonTypeOf, requireBoolean } from './operators.ts'
import { both, complementOf, isNull, type Region, regionsOf } from './regions.ts'
import { checkFilter, type Rules, strictest } from './rules.ts'
import { bigintType, decimalShape, decimalType, doubleType, isNumeric, nullType, type Type } from './types.ts'

type Bounds = readonly [number, number]
type Add = (column: Omit<DerivedColumn, 'name'>) => Column

/** How many rows of one unit a sum over them may count where no owner says it. */
const rowsPerUnit = 1000

/** What exceeds the bounds times this is cut to it. */
export function rowsPerUnitOf(from: From): number {
  const declared = slotsOf(from).flatMap(({ rule }) =>
    rule.privacyUnit === 'none' ? [] : [rule.privacyUnit.maxRowsPerUnit ?? rowsPerUnit],
  )
  return Math.max(...declared)
}

/** How often somebody is there says nothing that a rule could name: it may be grouped, compared and aggregated. */
function countRule(most: number): ColumnRule {
  return { dimension: true, filter: 'literal', aggregate: [...aggregateFunctions], bounds: [0, most], expressions: true }
}

interface Call {
  readonly name: string
  readonly rules: Rules
  readonly offset: number | undefined
  readonly add: Add
  /** rows of one unit that a count or a sum counts */
  readonly most: number
}

/** One value per unit, never shown but through an aggregate over units. */
export function unitAggregate(
  node: FunctionNode,
  row: (node: unknown) => Expression,
  rules: Rules,
  most: number,
  add: Add,
): Expression {
  const name = node.function_name.toLowerCase()
  const offset = offsetWithin(node)
  const condition = (of: unknown): Expression => {
    const translated = requireBoolean(row(of), offset)
    checkFilter(translated, rules, offset)
    return translated
  }
  const filter = node.filter === null ? null : condition(node.filter)
  const [first, ...more] = node.children
  const rows = (where: Expression | null) => {
    const value = where === null ? null : chosen([{ filter: where, value: one }])
    const column = add({
      value,
      operation: where === null ? 'rows' : 'count',
      bounds: null,
      type: bigintType,
      rule: countRule(most),
    })
    return withSides(column, [where], add)
  }
  if (more.length > 0) refuse('aggregate-not-allowed', `${name} does not take these arguments`, offset)
  if (node.distinct && name !== 'count') refuse('aggregate-not-allowed', `${name}(DISTINCT …) is not allowed`, offset)
  if (first === undefined)
    return node.distinct ? refuse('aggregate-not-allowed', 'count(*) takes nothing else', offset) : rows(filter)
  if (name === 'count_if' || name === 'countif') return rows(both(filter, condition(first)))
  const argument = row(first)
  if (sidesBehind(argument).length > 0) {
    refuse('aggregate-not-allowed', 'what a condition made for a privacy unit is not aggregated per unit again', offset)
  }
  const regions = regionsOf(argument, rules, offset).map((r) => ({ value: r.value, filter: both(filter, r.filter) }))
  const column = perUnitOf({ name, rules, offset, add, most }, regions, node.distinct)
  return withSides(
    column,
    regions.map((r) => r.filter),
    add,
  )
}

function perUnitOf(call: Call, regions: readonly Region[], distinct: boolean): Column {
  const { name, offset } = call
  switch (name) {
    case 'count':
      return count(call, regions, distinct)
    case 'sum':
      return sum(call, regions)
    case 'avg':
    case 'mean':
      return mean(call, regions)
    case 'min':
    case 'max':
      return extreme(call, regions, name)
    default:
      return refuse('aggregate-not-allowed', 'per privacy unit there are count, sum, avg, min and max', offset)
  }
}

/**
 * `max(CASE WHEN region = 'X' THEN 1 ELSE 0 END)` is a flag: its sum over units would count those of a region, however few,
 * and its product with another value would be that value of theirs. Hence the counts that say who is on which side.
 */
function withSides(column: Column, filters: readonly (Expression | null)[], add: Add): Column {
  const conditions = filters.flatMap((f) => (f === null ? [] : [f, complementOf(f)]))
  const sides = [...new Map(conditions.map((c) => [keyOf(c), c])).values()].map((filter) => ({
    rows: rowsWhere(chosen([{ filter, value: one }]), add),
    without: true,
  }))
  return sides.length === 0 ? column : { ...column, sides: [...sides, ...(column.sides ?? [])] }
}

/** A count that only thresholds read. */
function rowsWhere(value: Expression, add: Add): Column {
  return add({ value, operation: 'count', bounds: null, type: bigintType, rule: {} })
}

const one: Expression = { kind: 'constant', type: bigintType, text: '1' }
const absent: Expression = { kind: 'constant', type: nullType, text: null }

/** The regions as one expression again. */
function chosen(regions: readonly Region[]): Expression {
  const [only, ...more] = regions
  if (only === undefined) return absent
  if (more.length === 0 && only.filter === null) return only.value
  const type = commonTypeOf(
    regions.map((r) => r.value),
    undefined,
  )
  const branches = regions.flatMap(({ filter, value }) => (filter === null ? [] : [{ when: filter, result: value }]))
  return { kind: 'case', branches, otherwise: absent, type }
}

function count({ rules, offset, add, most }: Call, regions: readonly Region[], distinct: boolean): Column {
  const given = regions.filter((r) => !isNull(r.value))
  const columns = given.flatMap((r) => columnsOf(r.value))
  for (const { value } of given) {
    if (value.kind !== 'column' && value.kind !== 'constant')
      refuse('aggregate-not-allowed', 'count takes a plain column', offset)
  }
  const needed = distinct ? 'count_distinct' : 'count'
  for (const column of columns) {
    if (!rules.aggregate(column, needed) && !rules.dimension(column)) {
      refuse('aggregate-not-allowed', `the rules do not allow ${needed} of ${column.name} of ${column.slot}`, offset)
    }
  }
  const literal = columns.every((c) => ['literal', 'any'].includes(rules.filter(c)))
  const rule: ColumnRule = {
    ...countRule(most),
    dimension: columns.every((c) => rules.dimension(c)),
    filter: literal ? 'literal' : 'none',
  }
  const operation = distinct ? 'countDistinct' : 'count'
  const counted = add({ value: chosen(given), operation, bounds: null, type: bigintType, rule })
  // 0 where a unit has no value: a sum of counts would tell of the few that have one
  return columns.length === 0 ? counted : { ...counted, sides: [{ rows: rowsWhere(chosen(given), add), without: false }] }
}

/** A value that may be summed, clamped, and the interval that it lies in. */
function summand({ name, rules, offset }: Call, { value, filter }: Region): Region & { readonly bounds: Bounds } {
  const wanted: AggregateFunction = name === 'sum' ? 'sum' : 'avg'
  if (value.kind !== 'column') {
    const measured = measure(value, rules, wanted, offset)
    return { filter, ...measured }
  }
  if (!rules.aggregate(value, wanted)) {
    refuse('aggregate-not-allowed', `the rules do not allow ${wanted} of ${value.name} of ${value.slot}`, offset)
  }
  if (!isNumeric(value.type)) refuse('type-mismatch', `${name} takes a number`, offset)
  const { bounds } = rules.own(value)
  if (bounds === undefined) {
    return refuse('bounds-missing', `${wanted} of ${value.name} needs bounds in the rule of ${value.slot}`, offset)
  }
  const type = value.type.family === 'integer' ? bigintType : value.type.family === 'double' ? doubleType : value.type
  return { filter, value: { kind: 'clamp', value, bounds, type }, bounds }
}

function summed(call: Call, regions: readonly Region[]): { readonly value: Expression; readonly bounds: Bounds } {
  const given = regions.filter((r) => !isNull(r.value)).map((r) => summand(call, r))
  if (given.length === 0) refuse('aggregate-not-allowed', 'the argument of an aggregate is always NULL', call.offset)
  const bounds: Bounds = [Math.min(...given.map((g) => g.bounds[0])), Math.max(...given.map((g) => g.bounds[1]))]
  return { value: chosen(given), bounds }
}

function sum(call: Call, regions: readonly Region[]): Column {
  const { value, bounds } = summed(call, regions)
  const [low, high] = bounds
  const wide: Bounds = [Math.min(low, low * call.most), Math.max(high, high * call.most)]
  return call.add({
    value,
    operation: 'sum',
    bounds,
    type: sumType(value.type),
    rule: { ...numberRule(call, regions), bounds: [...wide] },
  })
}

function sumType(type: Type): Type {
  if (type.family === 'integer') return bigintType
  return type.family === 'decimal' ? decimalType(38, decimalShape(type).scale) : doubleType
}

function mean(call: Call, regions: readonly Region[]): Column {
  const { value, bounds } = summed(call, regions)
  return call.add({
    value,
    operation: 'average',
    bounds,
    type: doubleType,
    rule: { ...numberRule(call, regions), bounds: [...bounds] },
  })
}

/** No more than with each of the columns; a flag made of constants is as free as the conditions that make it. */
function numberRule({ rules }: Call, regions: readonly Region[]): ColumnRule {
  const columns = regions.flatMap((r) => columnsOf(r.value))
  return {
    dimension: columns.every((c) => rules.dimension(c)),
    filter: columns.length === 0 ? 'literal' : strictest(columns.map((c) => rules.filter(c))),
    aggregate: aggregateFunctions.filter((wanted) => columns.every((c) => rules.aggregate(c, wanted))),
    expressions: columns.every((c) => rules.expressions(c)),
  }
}

function extreme(call: Call, regions: readonly Region[], operation: 'min' | 'max'): Column {
  const { rules, offset, add } = call
  const given = regions.filter((r) => !isNull(r.value))
  for (const { value } of given) {
    if (value.kind !== 'column' && value.kind !== 'constant') {
      refuse('aggregate-not-allowed', `${operation} takes a plain column`, offset)
    }
    if (value.kind === 'column' && rules.isUnit(value)) {
      refuse('privacy-unit-not-allowed', `${operation} of the privacy unit is the unit`, offset)
    }
  }
  if (given.length === 0) refuse('aggregate-not-allowed', 'the argument of an aggregate is always NULL', offset)
  const bounds = given.map(({ value }): Bounds | undefined =>
    value.kind === 'column' ? rules.own(value).bounds : isNumeric(value.type) ? valueBounds(value) : undefined,
  )
  const hull = bounds.every((b) => b !== undefined)
    ? { bounds: [Math.min(...bounds.map((b) => b[0])), Math.max(...bounds.map((b) => b[1]))] as [number, number] }
    : {}
  const value = chosen(given)
  return add({ value, operation, bounds: null, type: value.type, rule: { ...numberRule(call, given), ...hull } })
}

function valueBounds(value: Expression): Bounds {
  const number = value.kind === 'constant' ? Number(value.text) : Number.NaN
  return [number, number]
}
