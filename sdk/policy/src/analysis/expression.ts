import type { ComparisonType } from '../ast/nodes.ts'
import type { FunctionName } from './function-table.ts'
import type { Type } from './types.ts'

/**
 * What the guard understood of an expression. The rewritten query is built from these alone, so nothing of the submitted
 * AST reaches the engine. Every expression is total: written out, it yields a value or NULL for any data, never an error.
 */
export type Expression =
  | Column
  | Constant
  | {
      readonly kind: 'call'
      readonly name: FunctionName
      readonly args: readonly Expression[]
      /** never fails, so it stands without TRY */
      readonly total: boolean
      readonly type: Type
    }
  | {
      readonly kind: 'arithmetic'
      readonly op: ArithmeticOperator
      readonly left: Expression
      readonly right: Expression
      readonly type: Type
    }
  | { readonly kind: 'cast'; readonly value: Expression; readonly type: Type }
  | Clamp
  | Exact
  | { readonly kind: 'coalesce'; readonly values: readonly Expression[]; readonly type: Type }
  | { readonly kind: 'nullif'; readonly left: Expression; readonly right: Expression; readonly type: Type }
  | {
      readonly kind: 'case'
      readonly branches: readonly { readonly when: Expression; readonly result: Expression }[]
      readonly otherwise: Expression
      readonly type: Type
    }
  | Moments
  | {
      readonly kind: 'compare'
      readonly op: ComparisonType
      readonly left: Expression
      readonly right: Expression
      readonly type: Type
    }
  | { readonly kind: 'logic'; readonly op: 'and' | 'or'; readonly terms: readonly Expression[]; readonly type: Type }
  | { readonly kind: 'not'; readonly term: Expression; readonly type: Type }
  | {
      readonly kind: 'in'
      readonly value: Expression
      readonly options: readonly Expression[]
      readonly negated: boolean
      readonly type: Type
    }
  | Scalar
  | Window
  | {
      /** whether the value is one of those that a block released */
      readonly kind: 'inBlock'
      readonly value: Expression
      readonly block: string
      readonly listed: Column
      readonly type: Type
    }
  | { readonly kind: 'isNull'; readonly value: Expression; readonly negated: boolean; readonly type: Type }

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '//' | '%' | '||'

/** A column of a relation in FROM, under the alias that the rewrite gave the relation. */
export interface Column {
  readonly kind: 'column'
  readonly table: string
  readonly name: string
  readonly type: Type
  /** the slot whose rule governs the column; null for released values, which are free */
  readonly slot: string | null
  /**
   * of a value that conditions on rows made, one per privacy unit: an aggregate of it speaks of the units that have rows for
   * which a condition holds, so these must be enough
   */
  readonly sides?: readonly UnitSide[]
}

export interface UnitSide {
  /** how many of the unit's rows are on this side */
  readonly rows: Column
  /** whether units without any must be none or enough, too */
  readonly without: boolean
}

/** `text` is what DuckDB casts to the type; null is NULL. */
export interface Constant {
  readonly kind: 'constant'
  readonly type: Type
  readonly text: string | null
}

export interface Order {
  readonly value: Expression
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** An aggregate of released values; the rewrite makes it independent of the order of rows, and unable to fail. */
export interface ReleasedAggregate {
  readonly operation:
    | 'rows'
    | 'count'
    | 'sum'
    | 'avg'
    | 'min'
    | 'max'
    | 'stddev_samp'
    | 'stddev_pop'
    | 'var_samp'
    | 'var_pop'
    | 'quantile_cont'
    | 'bool_and'
    | 'bool_or'
    | 'string_agg'
    | 'arg_max'
    | 'arg_min'
  readonly args: readonly Expression[]
  readonly distinct: boolean
  readonly filter: Expression | null
  readonly orders: readonly Order[]
  readonly type: Type
}

export type WindowCall =
  | { readonly kind: 'aggregate'; readonly aggregate: ReleasedAggregate }
  | { readonly kind: 'ranking'; readonly name: string; readonly buckets: Constant | null }
  | {
      readonly kind: 'value'
      readonly name: string
      readonly value: Expression
      /** how many rows away, or the how manieth */
      readonly by: Constant | null
      readonly otherwise: Expression | null
      readonly ignoreNulls: boolean
    }

export interface Frame {
  readonly units: 'ROWS' | 'RANGE' | 'GROUPS'
  readonly start: 'UNBOUNDED_PRECEDING' | 'UNBOUNDED_FOLLOWING' | 'CURRENT_ROW' | 'EXPR_PRECEDING' | 'EXPR_FOLLOWING'
  readonly end: Frame['start']
  readonly startBy: Constant | null
  readonly endBy: Constant | null
  readonly withoutCurrentRow: boolean
}

/** A function over neighbouring released rows; it stands in the layer above a core only. */
export interface Window {
  readonly kind: 'window'
  readonly call: WindowCall
  readonly partitions: readonly Expression[]
  readonly orders: readonly Order[]
  readonly frame: Frame
  readonly type: Type
}

/** The single value of a block: released, so it stands where a constant may. NULL if the block has no row. */
export interface Scalar {
  readonly kind: 'scalar'
  readonly block: string
  /** null: whether the block has a row */
  readonly column: string | null
  readonly type: Type
}

/** A column's value cut to the bounds of its rule, in a type that holds every value between them. */
export interface Clamp {
  readonly kind: 'clamp'
  readonly value: Column
  readonly bounds: readonly [number, number]
  readonly type: Type
}

/** Arithmetic over DECIMALs that are wide enough for every result, so that it neither rounds nor overflows. */
export interface Exact {
  readonly kind: 'exact'
  readonly op: '+' | '-' | '*'
  readonly left: Expression
  readonly right: Expression
  readonly type: Type
}

/** Variance or standard deviation from exact integer moments of values scaled by 10^scale. */
export interface Moments {
  readonly kind: 'moments'
  readonly count: Column
  readonly sum: Column
  readonly squares: Column
  readonly scale: number
  readonly population: boolean
  readonly root: boolean
  readonly type: Type
}

export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'column':
    case 'constant':
    case 'scalar':
      return []
    case 'call':
      return expression.args
    case 'arithmetic':
    case 'exact':
    case 'compare':
    case 'nullif':
      return [expression.left, expression.right]
    case 'cast':
    case 'clamp':
      return [expression.value]
    case 'coalesce':
      return expression.values
    case 'case':
      return [...expression.branches.flatMap((b) => [b.when, b.result]), expression.otherwise]
    case 'moments':
      return [expression.count, expression.sum, expression.squares]
    case 'logic':
      return expression.terms
    case 'not':
      return [expression.term]
    case 'in':
      return [expression.value, ...expression.options]
    case 'isNull':
    case 'inBlock':
      return [expression.value]
    case 'window':
      return [...argumentsOf(expression.call), ...expression.partitions, ...expression.orders.map((o) => o.value)]
  }
}

export function columnsOf(expression: Expression): readonly Column[] {
  return expression.kind === 'column' ? [expression] : childrenOf(expression).flatMap(columnsOf)
}

/** The sides of the conditions that made the values of an expression. */
export function sidesBehind(expression: Expression): readonly UnitSide[] {
  return columnsOf(expression).flatMap((c) => c.sides ?? [])
}

/** All values that an aggregate or a function over a window takes. */
export function argumentsOf(call: WindowCall): readonly Expression[] {
  switch (call.kind) {
    case 'aggregate':
      return aggregated(call.aggregate)
    case 'ranking':
      return call.buckets === null ? [] : [call.buckets]
    case 'value':
      return [call.value, ...(call.by === null ? [] : [call.by]), ...(call.otherwise === null ? [] : [call.otherwise])]
  }
}

export function aggregated({ args, filter, orders }: ReleasedAggregate): readonly Expression[] {
  return [...args, ...(filter === null ? [] : [filter]), ...orders.map((o) => o.value)]
}

export function holds(expression: Expression, kind: Expression['kind']): boolean {
  return expression.kind === kind || childrenOf(expression).some((child) => holds(child, kind))
}

export function scalarsOf(expression: Expression): readonly Scalar[] {
  return expression.kind === 'scalar' ? [expression] : childrenOf(expression).flatMap(scalarsOf)
}

/** Names of the blocks whose released values an expression compares or computes with. */
export function blocksIn(expression: Expression): readonly string[] {
  const own = expression.kind === 'scalar' || expression.kind === 'inBlock' ? [expression.block] : []
  return [...own, ...childrenOf(expression).flatMap(blocksIn)]
}

/** Two expressions with the same key are the same function of the same columns. */
export function keyOf(expression: Expression): string {
  return JSON.stringify(expression)
}
