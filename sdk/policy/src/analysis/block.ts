import type { ColumnRule } from '@reinraum/statements'
import type { Column, Expression, Order, ReleasedAggregate } from './expression.ts'
import { ruleOfColumn, type Slot } from './slots.ts'
import type { Type } from './types.ts'

/** What stands in FROM: a dataset or a block whose rows are released already. */
export interface Relation {
  /** the name that the query uses for it */
  readonly alias: string
  /** the alias that the rewrite gives it */
  readonly table: string
  readonly source:
    | { readonly kind: 'slot'; readonly slot: Slot }
    | { readonly kind: 'block'; readonly block: Block }
    | { readonly kind: 'derived'; readonly derived: Derived }
  readonly columns: readonly { readonly name: string; readonly type: Type }[]
}

/**
 * Rows made of rows within a core, each of them of one privacy unit at most: rows picked before an outer join, or one row
 * per unit. They are no result: nothing of them comes out but through the core's own threshold.
 */
export interface Derived {
  readonly from: From
  readonly where: Expression | null
  /** true: one row per combination of the columns without an operation, among which is the unit of every dataset in it */
  readonly grouped: boolean
  readonly columns: readonly DerivedColumn[]
  /** names of the columns that are privacy units */
  readonly units: readonly string[]
}

export interface DerivedColumn {
  readonly name: string
  /** of the rows inside; null for a count of them */
  readonly value: Expression | null
  /** over the rows of a unit; null for a value as it is */
  readonly operation: 'rows' | 'count' | 'countDistinct' | 'sum' | 'average' | 'min' | 'max' | null
  /** clamp of what is aggregated */
  readonly bounds: readonly [number, number] | null
  readonly type: Type
  /** what the rules of the columns behind it leave */
  readonly rule: ColumnRule
}

/** WHERE of a query, or of a subquery put in its place. */
export interface Condition {
  readonly value: Expression
  readonly offset: number | undefined
}

export interface Equality {
  readonly left: Expression
  readonly right: Expression
}

export type From =
  | { readonly kind: 'relation'; readonly relation: Relation }
  | {
      readonly kind: 'join'
      readonly join: 'inner' | 'left' | 'full' | 'cross'
      readonly left: From
      readonly right: From
      readonly equalities: readonly Equality[]
    }

/** One aggregate over the rows of a group. */
export interface CoreAggregate {
  readonly name: string
  readonly operation:
    | 'rows'
    | 'count'
    | 'countDistinct'
    | 'sum'
    | 'average'
    | 'quantile'
    | 'momentCount'
    | 'momentSum'
    | 'momentSquares'
  /** null for count(*); a plain column, or an expression whose columns are clamped inside it */
  readonly value: Expression | null
  /** only rows for which it is true count; units on both sides of it must reach the minimum */
  readonly filter: Expression | null
  /** of the column's rule, or of the expression by interval arithmetic */
  readonly bounds: readonly [number, number] | null
  /** of a quantile, as text between 0 and 1 */
  readonly fraction: string | null
  /** values are scaled by 10^scale and rounded before moments are taken */
  readonly scale: number
  /** the units behind the values, all of the core's under a filter: fewer than the minimum of one give NULL */
  readonly units: readonly Column[]
  readonly type: Type
}

/** The column of a core with several grouping sets that says, from 0, which of them a row is of. */
export const setColumn = 's'

/** The only place where rows of datasets are read: joined, filtered, grouped, and cut below the threshold. */
export interface Core {
  readonly from: From
  readonly where: Expression | null
  readonly groups: readonly { readonly name: string; readonly value: Expression }[]
  /** indices into groups: one set, or those of ROLLUP, CUBE and GROUPING SETS; the column `setColumn` says which one */
  readonly sets: readonly (readonly number[])[]
  readonly aggregates: readonly CoreAggregate[]
  /** one privacy unit per protected dataset */
  readonly units: readonly Column[]
}

/** Groups and aggregates of rows that are released already. */
export interface Summary {
  readonly from: From
  readonly where: Expression | null
  readonly groups: readonly { readonly name: string; readonly value: Expression }[]
  readonly aggregates: readonly { readonly name: string; readonly value: ReleasedAggregate }[]
}

/** The rows of two blocks as one, columns matched by position and brought to a common type. */
export interface SetOperation {
  readonly operation: 'UNION' | 'INTERSECT' | 'EXCEPT'
  /** false: every row once */
  readonly all: boolean
  readonly left: Block
  readonly right: Block
  readonly columns: readonly { readonly name: string; readonly type: Type }[]
}

/** Branches that each released their own part of every group, and their sum. */
export interface Stack {
  readonly blocks: readonly Block[]
  readonly columns: readonly StackColumn[]
}

export interface StackColumn {
  readonly name: string
  readonly merge: 'group' | 'sum'
  readonly type: Type
}

/** A query block: everything in it but the core sees released values only. */
export interface Block {
  readonly name: string
  readonly source:
    | { readonly kind: 'core'; readonly core: Core }
    | { readonly kind: 'released'; readonly from: From }
    | { readonly kind: 'summary'; readonly summary: Summary }
    | { readonly kind: 'set'; readonly set: SetOperation }
    | { readonly kind: 'stack'; readonly stack: Stack }
  readonly where: Expression | null
  /** a filter after windows */
  readonly qualify: Expression | null
  readonly select: readonly { readonly name: string; readonly value: Expression }[]
  readonly distinct: boolean
  readonly order: readonly Order[]
  readonly limit: number | null
  readonly offset: number | null
  /** at most one row, so that a cross join with it multiplies nothing */
  readonly single: boolean
}

export function relationsOf(from: From): readonly Relation[] {
  return from.kind === 'relation' ? [from.relation] : [...relationsOf(from.left), ...relationsOf(from.right)]
}

/** Every dataset that is read, also inside derived rows. */
export function slotsOf(from: From): readonly Slot[] {
  return relationsOf(from).flatMap(slotsBehind)
}

export function slotsBehind({ source }: Relation): readonly Slot[] {
  switch (source.kind) {
    case 'slot':
      return [source.slot]
    case 'block':
      return []
    case 'derived':
      return slotsOf(source.derived.from)
  }
}

export function isProtected({ source }: Relation): boolean {
  switch (source.kind) {
    case 'slot':
      return source.slot.unit !== null
    case 'block':
      return false
    case 'derived':
      return source.derived.units.length > 0
  }
}

/** What may happen to a column; null for released values, which are free. */
export function ruleOfRelation({ source }: Relation, column: string): ColumnRule | null {
  switch (source.kind) {
    case 'slot':
      return ruleOfColumn(source.slot, column)
    case 'block':
      return null
    case 'derived':
      return source.derived.columns.find((c) => c.name === column)?.rule ?? {}
  }
}
