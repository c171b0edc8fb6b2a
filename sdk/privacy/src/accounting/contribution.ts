import { smaller } from '../larger.ts'

/**
 * How much of a result may come from one privacy unit, after the rewrite left out what is beyond. Groups are disjoint: each row
 * of the aggregated relation is in one. At least one of `groups` and `rows` must be there for anything to be bounded.
 */
export interface Contribution {
  /** groups that a unit has rows in, at most: `maxGroupsPerUnit`, or all groups there are */
  readonly groups?: number | undefined
  /** rows of a unit in all groups together, at most: `maxRowsPerUnit` */
  readonly rows?: number | undefined
  /** rows of a unit in one group, at most, where the rewrite bounds them as well */
  readonly rowsPerGroup?: number | undefined
}

/**
 * How far the values of all groups, taken as one vector, can move when one unit is added or removed: the sum of the changes, and
 * the sum of their squares. For quantiles, the rows that come or go, of which each moves a rank by the mechanism's own measure.
 */
export interface Sensitivity {
  readonly l1: bigint
  readonly l2Squared: bigint
}

// Why a unit's own rows are all that changes: which of its rows are left out depends on a hash of the unit and its rows only, so
// adding or removing unit u leaves the rows of every other unit as they were. A group's value then changes by what the kept rows
// of u in that group add to it. Rows without a unit are nobody's, and the same in both databases.

/** Groups that one unit can be in; null where nothing bounds them. */
export function groupsOf({ groups, rows }: Contribution): bigint | null {
  if (groups === undefined && rows === undefined) return null
  return BigInt(Math.min(groups ?? Number.POSITIVE_INFINITY, rows ?? Number.POSITIVE_INFINITY))
}

/**
 * Of the number of distinct units per group. Unit u counts 1 in each of the at most G groups that it is in and 0 elsewhere: the
 * changes add up to G, and so do their squares.
 */
export function sensitivityOfUnits(contribution: Contribution): Sensitivity | null {
  const groups = groupsOf(contribution)
  return groups === null ? null : { l1: groups, l2Squared: groups }
}

/**
 * Of the number of rows per group, and of whatever one row changes by at most 1, such as the number of distinct values. Unit u
 * has n₁, n₂, … rows in its groups: at most G of them are not 0, each is at most r, and they add up to at most R.
 *
 * L1: their sum is at most R, and at most G·r. L2: the sum of squares is convex, so it is largest at a corner of these bounds,
 * where as many groups as possible have r rows and one has the rest. Without a bound r this is R² (all rows in one group), which is
 * G times less than what G groups of R rows each would need.
 */
export function sensitivityOfRows({ groups, rows, rowsPerGroup }: Contribution): Sensitivity | null {
  const all = rows ?? (groups === undefined || rowsPerGroup === undefined ? undefined : groups * rowsPerGroup)
  if (all === undefined) return null
  const [total, most] = [BigInt(all), BigInt(groups ?? all)]
  const each = BigInt(Math.min(rowsPerGroup ?? all, all))
  const full = smaller(total / each, most)
  const rest = full < most ? total - full * each : 0n
  return { l1: full * each + rest, l2Squared: full * each * each + rest * rest }
}

/**
 * Of a sum over rows of which each adds at most `perRow` to its group, up or down: in a group with n rows of the unit it changes by
 * n·perRow at most, so L1 is `perRow` times that of rows, and the squares are `perRow` squared times theirs.
 */
export function sensitivityOfSum(rows: Sensitivity, perRow: bigint): Sensitivity {
  return { l1: perRow * rows.l1, l2Squared: perRow * perRow * rows.l2Squared }
}
