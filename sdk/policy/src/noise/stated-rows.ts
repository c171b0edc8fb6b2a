import type { Core, From } from '../analysis/block.ts'
import { boundsOf } from '../rewrite/contributions.ts'
import { contributionOf, hasOneRowPerUnit } from './contribution.ts'

/**
 * So many rows one unit has at most in what is aggregated; null where nothing says so. Rows that were grouped by the unit are
 * one each. Else it is what the owner states of the dataset, which is believed where that dataset is alone: were it false,
 * its own units would count in more rows than its rule says. In a join units of others would too, and a public dataset
 * may have a row of it more than once.
 *
 * Work is spared by it and noise is not: sensitivities are those of the rule's bounds (`contributionOf`).
 */
export function rowsPerUnitIn(from: From): number | null {
  return hasOneRowPerUnit(from) ? 1 : statedFor(from)
}

/** Whether no two rows are of the same unit, so that counting rows is counting units. */
export function onePerUnit(core: Core): boolean {
  return rowsPerUnitIn(core.from) === 1 || contributionOf(core).rows === 1
}

/**
 * So many rows one unit has at most, where knowing that spares counting units of groups that have rows enough; null where all
 * units are counted: where their rows have to be found and left out first, or where each has one row and a row is a unit.
 */
export function rowsThatSpareUnits(core: Core): number | null {
  const most = rowsPerUnitIn(core.from)
  if (most === null || onePerUnit(core)) return null
  return boundsOf(core).every((bound) => bound.most >= most) ? most : null
}

function statedFor(from: From): number | null {
  if (from.kind === 'join') return null
  const { source } = from.relation
  switch (source.kind) {
    case 'slot':
      return source.slot.unit === null ? null : source.slot.rowsPerUnit
    case 'derived':
      // picked or grouped: never more rows than before
      return statedFor(source.derived.from)
    case 'block':
      return null
  }
}
