import type { AggregateFunction } from '@reinraum/statements'
import type { FunctionNode } from '../ast/nodes.ts'
import { offsetWithin, textOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { aggregatePermission } from './aggregate-names.ts'
import type { CoreAggregate } from './block.ts'
import { type Column, type Constant, columnsOf, type Expression, keyOf } from './expression.ts'
import { measure } from './measure.ts'
import { requireBoolean } from './operators.ts'
import { both, isNull, isZero, type Region, regionsOf } from './regions.ts'
import { checkFilter, type Rules } from './rules.ts'
import { momentScale, sumScale, sumType } from './sums.ts'
import { bigintType, booleanType, decimalType, doubleType, isNumeric, nullType } from './types.ts'
import { withinGroup } from './within-group.ts'

/** The aggregates of one core, each computed once however often the query names it. */
export interface AggregateList {
  readonly translate: (call: FunctionNode) => Expression
  readonly list: () => readonly CoreAggregate[]
}

/** How the node of an argument or a FILTER becomes an expression over rows of datasets. */
interface Arguments {
  readonly row: (node: unknown) => Expression
  readonly rules: () => Rules
  /** whether results of several cores will be added up: a mean is then a sum and a count */
  readonly additive: boolean
}

export function collectAggregates(args: Arguments): AggregateList {
  const found = new Map<string, CoreAggregate>()
  const add = (aggregate: Omit<CoreAggregate, 'name'>): Column => {
    // which aggregates are the same may differ between cores that must have the same ones
    const key = args.additive ? String(found.size) : JSON.stringify(aggregate)
    const entry = found.get(key) ?? { ...aggregate, name: `a${found.size}` }
    found.set(key, entry)
    return { kind: 'column', table: 'c', name: entry.name, type: entry.type, slot: null }
  }
  const calls = new Map<string, Expression>()
  const translate = (call: FunctionNode): Expression => {
    const key = textOf(call)
    const expression = calls.get(key) ?? translateAggregate(call, args, add)
    calls.set(key, expression)
    return expression
  }
  return { translate, list: () => [...found.values()] }
}

/** One call while it is translated. */
interface Call {
  readonly name: string
  readonly permission: AggregateFunction
  readonly distinct: boolean
  readonly rules: Rules
  readonly offset: number | undefined
  readonly additive: boolean
  readonly add: (aggregate: Omit<CoreAggregate, 'name'>) => Column
}

const nothing = { value: null, filter: null, bounds: null, fraction: null, scale: 0, units: [] } as const

function translateAggregate(given: FunctionNode, args: Arguments, add: Call['add']): Expression {
  const node = withinGroup(given)
  const name = node.function_name.toLowerCase()
  const offset = offsetWithin(node)
  if (node.order_bys.orders.length > 0) {
    refuse('function-not-allowed', 'ORDER BY inside an aggregate over rows is not allowed', offset)
  }
  const [first, second] = node.children
  const rules = args.rules()
  const condition = (of: unknown): Expression => {
    const translated = requireBoolean(args.row(of), offset)
    checkFilter(translated, rules, offset)
    return translated
  }
  const filter = node.filter === null ? null : condition(node.filter)
  const rows = (where: Expression | null) =>
    add({ ...nothing, operation: 'rows', filter: where, units: where === null ? [] : rules.units, type: bigintType })
  if (name === 'count_star' || (name === 'count' && first === undefined)) {
    if (node.children.length > 0 || node.distinct) refuse('aggregate-not-allowed', 'count(*) takes nothing else', offset)
    return rows(filter)
  }
  const permission = Object.hasOwn(aggregatePermission, name) ? aggregatePermission[name] : undefined
  if (permission === undefined) return refuse('aggregate-not-allowed', `${name} gives back values of single rows`, offset)
  if (node.children.length !== (permission === 'quantile' ? 2 : 1)) {
    refuse('aggregate-not-allowed', `${name} does not take these arguments`, offset)
  }
  if (node.distinct && permission !== 'count') refuse('aggregate-not-allowed', `${name}(DISTINCT …) is not allowed`, offset)
  if (name === 'count_if' || name === 'countif') {
    if (node.distinct) refuse('aggregate-not-allowed', `${name}(DISTINCT …) is not allowed`, offset)
    return rows(both(filter, condition(first)))
  }
  const call: Call = { name, permission, distinct: node.distinct, rules, offset, additive: args.additive, add }
  const regions = regionsOf(withoutZero(args.row(first), permission), rules, offset)
    .filter((r) => !isNull(r.value))
    .map((r) => ({ value: r.value, filter: both(presence(columnsOf(r.value), rules), both(filter, r.filter)) }))
  switch (permission) {
    case 'count':
    case 'count_distinct':
      return total(node.distinct ? [distinctCount(call, regions)] : regions.map((r) => count(call, r)), call)
    case 'sum':
      return total(
        regions.filter((r) => !isZero(r.value)).map((r) => sum(call, r)),
        call,
      )
    case 'avg':
      return average(call, regions)
    case 'stddev':
    case 'variance':
      return moments(call, plain(call, regions))
    case 'median':
    case 'quantile': {
      const region = plain(call, regions)
      const fraction = permission === 'median' ? '0.5' : fractionOf(second === undefined ? undefined : args.row(second), offset)
      const { bounds = null } = rules.own(region.value)
      return add({
        ...nothing,
        ...region,
        ...unitsBehind(call, region),
        bounds,
        operation: 'quantile',
        fraction,
        type: doubleType,
      })
    }
  }
}

/** That the row has a partner in each dataset of which a column stands in the value. */
function presence(columns: readonly Column[], { partners }: Rules): Expression | null {
  return partners
    .filter((p) => columns.some((c) => c.table === p.table))
    .map(({ unit }): Expression => ({ kind: 'isNull', value: unit, negated: true, type: booleanType }))
    .reduce<Expression | null>(both, null)
}

/** A sum of x or 0 is the sum of x, where enough units have an x. */
function withoutZero(argument: Expression, permission: AggregateFunction): Expression {
  if (permission !== 'sum' || argument.kind !== 'coalesce') return argument
  const [first, second, ...more] = argument.values
  return first !== undefined && second !== undefined && more.length === 0 && isZero(second) ? first : argument
}

/** One aggregate per region of the argument; NULL where one of them is below the threshold. */
function total(parts: readonly Expression[], { offset }: Call): Expression {
  const [first, ...rest] = parts
  if (first === undefined) return refuse('aggregate-not-allowed', 'the argument of an aggregate is always NULL or 0', offset)
  return rest.reduce((left, right): Expression => {
    const type = left.type.family === 'integer' && right.type.family === 'integer' ? bigintType : doubleType
    return { kind: 'arithmetic', op: '+', left, right, type }
  }, first)
}

function unitsBehind({ rules }: Call, { filter, value }: Region): { readonly units: readonly Column[] } {
  if (filter !== null) return { units: rules.units }
  const units = columnsOf(value).flatMap((c) => rules.unitsOf(c))
  return { units: units.filter((u, i) => units.findIndex((other) => keyOf(other) === keyOf(u)) === i) }
}

/** The column, if the aggregate may see it. */
function permitted({ rules, offset }: Call, value: Expression, needed: AggregateFunction): Column {
  if (value.kind !== 'column') {
    return refuse('aggregate-not-allowed', `${needed} takes a plain column of a dataset, not an expression`, offset)
  }
  if (!rules.aggregate(value, needed)) {
    refuse('aggregate-not-allowed', `the rules do not allow ${needed} of ${rules.nameOf(value)}`, offset)
  }
  return value
}

/** The one region of an aggregate over a plain column of numbers. */
function plain(call: Call, regions: readonly Region[]): Region & { readonly value: Column } {
  const [region, ...more] = regions
  if (region === undefined || more.length > 0) {
    return refuse('aggregate-not-allowed', `${call.name} takes a plain column of a dataset, not an expression`, call.offset)
  }
  const value = permitted(call, region.value, call.permission)
  if (!isNumeric(value.type)) refuse('type-mismatch', `${call.name} takes a number`, call.offset)
  return { ...region, value }
}

function count(call: Call, region: Region): Expression {
  const { filter, value } = region
  const shared = { ...nothing, filter, type: bigintType, ...unitsBehind(call, region) }
  if (value.kind === 'constant') return call.add({ ...shared, operation: 'rows' })
  return call.add({ ...shared, operation: 'count', value: permitted(call, value, 'count') })
}

function distinctCount(call: Call, regions: readonly Region[]): Expression {
  const [region, ...more] = regions
  const value = permitted(call, more.length === 0 && region !== undefined ? region.value : nothingAtAll, 'count_distinct')
  const where = { filter: region?.filter ?? null, value }
  return call.add({ ...nothing, ...where, ...unitsBehind(call, where), operation: 'countDistinct', type: bigintType })
}

const nothingAtAll: Expression = { kind: 'constant', type: nullType, text: null }

/** A value that may be summed, with the bounds of what it is summed from. */
function summand(call: Call, region: Region): Region & { readonly bounds: readonly [number, number] } {
  const { rules, permission, offset } = call
  if (region.value.kind !== 'column') {
    const { value, bounds } = measure(region.value, rules, permission, offset)
    return { ...region, value, bounds }
  }
  const value = permitted(call, region.value, permission)
  if (!isNumeric(value.type)) refuse('type-mismatch', `${call.name} takes a number`, offset)
  const { bounds } = rules.own(value)
  if (bounds === undefined) {
    return refuse('bounds-missing', `${permission} of ${value.name} needs bounds in the rule of ${value.slot}`, offset)
  }
  return { ...region, bounds }
}

function sum(call: Call, region: Region): Expression {
  const summed = summand(call, region)
  const exact = sumType(summed.value.type, summed.bounds, call.offset)
  const type = call.additive && exact.family === 'double' ? decimalType(38, sumScale(summed.bounds)) : exact
  return call.add({ ...nothing, ...summed, ...unitsBehind(call, region), operation: 'sum', type })
}

/** Over several regions, a mean is the sum of their sums by the sum of their counts. */
function average(call: Call, regions: readonly Region[]): Expression {
  const [region, ...more] = regions
  if (region !== undefined && more.length === 0 && !call.additive) {
    const summed = summand(call, region)
    sumType(summed.value.type, summed.bounds, call.offset)
    return call.add({ ...nothing, ...summed, ...unitsBehind(call, region), operation: 'average', type: doubleType })
  }
  const left = total(
    regions.filter((r) => !isZero(r.value)).map((r) => sum(call, r)),
    call,
  )
  const counted = (r: Region): Expression => {
    if (r.value.kind === 'constant') return count(call, r)
    const { value } = summand(call, r)
    return call.add({ ...nothing, value, filter: r.filter, ...unitsBehind(call, r), operation: 'count', type: bigintType })
  }
  return { kind: 'arithmetic', op: '/', left, right: total(regions.map(counted), call), type: doubleType }
}

/** Near 0 and 1 a quantile is the smallest or the largest single value. */
function fractionOf(constant: Expression | undefined, offset: number | undefined): string {
  const text = constant?.kind === 'constant' && isNumeric(constant.type) ? (constant as Constant).text : null
  const value = Number(text)
  if (text === null || !(value >= 0.05 && value <= 0.95)) {
    return refuse('aggregate-not-allowed', 'quantile_cont takes a constant from 0.05 to 0.95', offset)
  }
  return text
}

function moments(call: Call, region: Region & { readonly value: Column }): Expression {
  const { name, rules, offset, add } = call
  const { bounds } = rules.own(region.value)
  if (bounds === undefined) {
    return refuse('bounds-missing', `${name} of ${region.value.name} needs bounds in the rule of ${region.value.slot}`, offset)
  }
  const scale = momentScale(region.value.type, bounds, offset)
  const shared = { ...nothing, ...region, ...unitsBehind(call, region), bounds, scale }
  const huge = decimalType(38, 0)
  return {
    kind: 'moments',
    count: add({ ...shared, operation: 'momentCount', type: bigintType }),
    sum: add({ ...shared, operation: 'momentSum', type: huge }),
    squares: add({ ...shared, operation: 'momentSquares', type: huge }),
    scale,
    population: name.endsWith('_pop'),
    root: name.startsWith('stddev'),
    type: doubleType,
  }
}
