import { refuse } from '../reasons.ts'
import type { From, Relation } from './block.ts'
import { relationsOf } from './block.ts'
import type { Column } from './expression.ts'
import { unitNames } from './rules.ts'

/**
 * One row per unit of another dataset, on the far side of a LEFT join on units: `people LEFT JOIN (… GROUP BY person)`. No
 * row repeats and none is lost, so what is grouped, filtered and counted says nothing of the other dataset. Its columns
 * stand inside aggregates only, and those count the rows that have a partner, as under FILTER: NULL unless enough units
 * have one and enough have none.
 */
export interface Partner {
  readonly table: string
  /** its unit, NULL in rows without a partner */
  readonly unit: Column
}

export function partnersOf(from: From): readonly Partner[] {
  if (from.kind === 'relation') return []
  const inner = [...partnersOf(from.left), ...partnersOf(from.right)]
  const [equality, ...more] = from.equalities
  if (from.join !== 'left' || from.right.kind !== 'relation' || equality === undefined || more.length > 0) return inner
  const { relation } = from.right
  const { left, right } = equality
  const joinsUnits = left.kind === 'column' && isUnitIn(from.left, left) && right.kind === 'column' && isUnitIn(from.right, right)
  return joinsUnits && hasOneRowPerUnit(relation) ? [...inner, { table: relation.table, unit: right }] : inner
}

function isUnitIn(from: From, column: Column): boolean {
  return relationsOf(from).some((r) => r.table === column.table && unitNames(r).includes(column.name))
}

function hasOneRowPerUnit({ source }: Relation): boolean {
  if (source.kind !== 'derived' || !source.derived.grouped) return false
  const { columns, units } = source.derived
  return columns.every((c) => c.operation !== null || units.includes(c.name))
}

/** A second join on a partner's column would keep and lose rows by it. */
export function checkOnceJoined(partners: readonly Partner[], joined: readonly { left: Column; right: Column }[]): void {
  for (const { table } of partners) {
    if (joined.filter((j) => j.left.table === table || j.right.table === table).length > 1) {
      refuse('join-not-allowed', 'a dataset on the far side of a LEFT join is joined once; join on the unit of the near side')
    }
  }
}
