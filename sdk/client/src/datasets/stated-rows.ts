import type { AnalysisRule, UnitRows } from '@reinraum/statements'

/** What was counted of the units that a rule protects. */
export interface CountedUnits {
  /** the privacy unit's column */
  readonly column: string
  /** the most rows that one unit has; null where there were too many units to count */
  readonly most: number | null
  /** rows that were left out because their units had enough already; absent where all were to stay */
  readonly leftOut?: number
}

/** The column to count by: of a rule that asks for noise and bounds what a unit adds. Nobody else needs the number. */
export function unitToCount({ differentialPrivacy, privacyUnit }: AnalysisRule): string | undefined {
  if (differentialPrivacy === undefined || privacyUnit === 'none') return undefined
  return boundsOf(privacyUnit).length === 0 ? undefined : privacyUnit.column
}

/**
 * What units are kept to where rows beyond the rule's bound are left out. Only a bound of rows says which: of groups, a query does.
 * @returns undefined where the rule has none
 */
export function rowsToKeep({ privacyUnit }: Pick<AnalysisRule, 'privacyUnit'>): UnitRows | undefined {
  if (privacyUnit === 'none' || privacyUnit.maxRowsPerUnit === undefined) return undefined
  return { column: privacyUnit.column, rowsAtMost: privacyUnit.maxRowsPerUnit }
}

/**
 * What the manifest states: that each unit has one row, or else the least bound of the rule that no unit exceeds. The exact
 * number would be a fact about one unit, without noise and for everyone who reads the manifest; of this, all that shows is which
 * of the rule's bounds has work to do. One row is worth stating whatever the bounds are: units are counted by their rows then.
 * @returns undefined where some unit exceeds them all, or nobody knows
 */
export function statedRows(
  { privacyUnit }: Pick<AnalysisRule, 'privacyUnit'>,
  { column, most }: CountedUnits,
  rowCount: number,
): UnitRows | undefined {
  if (most === null || privacyUnit === 'none') return undefined
  const enough = [1, ...boundsOf(privacyUnit)].filter((bound) => bound >= most)
  return enough.length === 0 ? undefined : { column, rowsAtMost: Math.min(...enough, Math.max(1, rowCount)) }
}

function boundsOf({ maxRowsPerUnit, maxGroupsPerUnit }: Exclude<AnalysisRule['privacyUnit'], 'none'>): readonly number[] {
  return [maxRowsPerUnit, maxGroupsPerUnit].filter((bound) => bound !== undefined)
}
