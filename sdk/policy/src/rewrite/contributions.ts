import { type From, relationsOf } from '../analysis/block.ts'
import type { Column } from '../analysis/expression.ts'
import type { Slot } from '../analysis/slots.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { write } from './expressions.ts'
import type { Family } from './family.ts'

// Where a rule bounds what one unit adds to a result, rows beyond the bound are left out before anything is aggregated:
// rows of the joined and filtered relation, since those are what a result counts, and rows of groups beyond the number of
// groups. Which ones stay depends on a hash of the unit and the row and then on the row itself, so equal runs keep equal
// rows, and rows that tie are equal in everything that the query reads. Rows without a unit are nobody's and all stay.

export interface Bound {
  readonly unit: Column
  readonly name: string
  readonly most: number
  /** counts rows of a unit, or its groups */
  readonly of: 'rows' | 'groups'
}

/** What the rules of a family's units bound. */
export function boundsOf({ from, units }: Pick<Family, 'from' | 'units'>): readonly Bound[] {
  const slots = slotsIn(from)
  return units.flatMap((unit, i): readonly Bound[] => {
    const rule = slots.find((s) => s.id === unit.slot)?.rule.privacyUnit
    if (rule === undefined || rule === 'none') return []
    const { maxRowsPerUnit: rows, maxGroupsPerUnit: groups } = rule
    return [
      ...(rows === undefined ? [] : [{ unit, name: `rows_${i}`, most: rows, of: 'rows' as const }]),
      ...(groups === undefined ? [] : [{ unit, name: `groups_${i}`, most: groups, of: 'groups' as const }]),
    ]
  })
}

function slotsIn(from: From): readonly Slot[] {
  return relationsOf(from).flatMap(({ source }) =>
    source.kind === 'slot' ? [source.slot] : source.kind === 'derived' ? slotsIn(source.derived.from) : [],
  )
}

/** The number of a row, or of its group, among those of the unit. */
export function numberOf({ unit, of }: Bound, content: Readonly<Record<'rows' | 'groups', readonly Node[]>>): Node {
  const own = content[of]
  const orders = [ast.call('hash', [write(unit), ...own]), ...own]
  return ast.window(of === 'rows' ? 'row_number' : 'dense_rank', [], { partitions: [write(unit)], orders })
}

/** Whether a numbered row, of `w`, stays. */
export function withinBounds(bounds: readonly Bound[], nameOf: (unit: Column) => string): Node {
  const kept = bounds.map(({ unit, name, most }) =>
    ast.conjunction('or', [
      ast.operator('OPERATOR_IS_NULL', [ast.column('w', nameOf(unit))]),
      ast.comparison('COMPARE_LESSTHANOREQUALTO', ast.column('w', name), ast.integer(BigInt(most))),
    ]),
  )
  return ast.conjunction('and', kept)
}
