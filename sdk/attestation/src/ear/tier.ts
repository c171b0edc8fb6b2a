import type { TrustVector } from '../result.ts'

/**
 * The tiers of AR4SI §2.3.2 that a status can have here, best first. The fourth, `none`, says nothing, and this verifier always
 * says something.
 */
export const earStatuses = ['affirming', 'warning', 'contraindicated'] as const
export type EarStatus = (typeof earStatuses)[number]

/** Values from which each tier starts: at 2, 32 and 96 the standard ones, at -2, -33 and -97 those of a verifier's own. */
function tierOf(value: number): EarStatus {
  if (value >= 96 || value <= -97) return 'contraindicated'
  if (value >= 32 || value <= -33) return 'warning'
  return 'affirming'
}

export function worstOf(statuses: readonly EarStatus[]): EarStatus {
  return earStatuses.findLast((status) => statuses.includes(status)) ?? 'contraindicated'
}

/** The worst tier of a vector; where nothing is claimed at all, nothing is affirmed. */
export function worstTier(vector: Partial<TrustVector>): EarStatus {
  const claimed = Object.values(vector).filter((value) => Math.abs(value) > 1)
  return worstOf(claimed.map(tierOf))
}
