import type { Contribution } from '@reinraum/privacy'
import { type Core, type From, isProtected, relationsOf } from '../analysis/block.ts'
import type { Expression } from '../analysis/expression.ts'
import { booleanType } from '../analysis/types.ts'
import { boundsOf } from '../rewrite/contributions.ts'

/**
 * What one unit adds to the result at most: what the rewrite bounds (`rewrite/contributions.ts`), and one row where the rows
 * were grouped by the unit. Units that were joined are the same in every row, so the smallest bound holds.
 *
 * Beside a LEFT join of protected datasets a unit that comes into the far one changes the rows of the near one, instead of
 * adding some: as if so many went and as many came.
 */
export function contributionOf({ from, units }: Core): Contribution {
  const bounds = boundsOf({ from, units })
  const least = (of: 'rows' | 'groups') => {
    const found = bounds.filter((bound) => bound.of === of).map(({ most }) => most)
    return found.length === 0 ? undefined : Math.min(...found)
  }
  const rows = hasOneRowPerUnit(from) ? 1 : least('rows')
  const groups = least('groups')
  const times = changesRows(from) ? 2 : 1
  return {
    ...(rows === undefined ? {} : { rows: rows * times }),
    ...(groups === undefined ? {} : { groups: groups * times }),
  }
}

/**
 * That a row belongs to a unit: all units of a core are the same in each row. Rows without one could be anybody's, and so many
 * of them one person's that no noise would hide whether they are there: with noise they count nowhere.
 */
export function ofUnits({ units }: Core): readonly Expression[] {
  return units.slice(0, 1).map((value) => ({ kind: 'isNull', value, negated: true, type: booleanType }))
}

/** Whether its rows were grouped by the unit and nothing else. */
export function hasOneRowPerUnit(from: From): boolean {
  if (from.kind !== 'relation' || from.relation.source.kind !== 'derived') return false
  const { grouped, columns, units } = from.relation.source.derived
  return grouped && columns.every(({ operation, name }) => operation !== null || units.includes(name))
}

/** Whether there is a LEFT join with a protected dataset on its far side. */
function changesRows(from: From): boolean {
  if (from.kind === 'relation') {
    const { source } = from.relation
    return source.kind === 'derived' && changesRows(source.derived.from)
  }
  const far = from.join === 'left' && relationsOf(from.right).some(isProtected)
  return far || changesRows(from.left) || changesRows(from.right)
}
