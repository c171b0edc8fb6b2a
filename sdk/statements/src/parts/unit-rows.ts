import { z } from 'zod'
import type { AnalysisRule } from './analysis-rule.ts'

/**
 * What the owner states of the privacy units in a version of a dataset, counted while it was sealed. It spares an enclave the
 * bounding of what is within bounds. Everyone reads it without noise, so whoever seals states no more of the number than serves
 * that: whether it is 1, or else a bound of the rule that it does not exceed.
 */
export const unitRowsSchema = z.strictObject({
  /** whose values tell the units apart; one of the schema's columns */
  column: z.string().min(1).max(128),
  /** no unit has more rows than these; rows without a unit are nobody's */
  rowsAtMost: z.int().min(1),
})
export type UnitRows = z.infer<typeof unitRowsSchema>

/**
 * How many rows a privacy unit has at most, as the owner states it of the units that the rule protects; undefined where the
 * owner states nothing, or speaks of another column.
 */
export function rowsPerUnitOf(
  { unit }: { readonly unit?: UnitRows | undefined },
  { privacyUnit }: Pick<AnalysisRule, 'privacyUnit'>,
): number | undefined {
  if (unit === undefined || privacyUnit === 'none' || unit.column !== privacyUnit.column) return undefined
  return unit.rowsAtMost
}

/** A slot with what its owner states of one version of its dataset, as the guard takes it. */
export function withRowsStated<S extends { readonly rule: Pick<AnalysisRule, 'privacyUnit'> }>(
  slot: S,
  manifest: Parameters<typeof rowsPerUnitOf>[0] | undefined,
): S & { readonly rowsPerUnit?: number } {
  const rowsPerUnit = manifest === undefined ? undefined : rowsPerUnitOf(manifest, slot.rule)
  return rowsPerUnit === undefined ? slot : { ...slot, rowsPerUnit }
}
