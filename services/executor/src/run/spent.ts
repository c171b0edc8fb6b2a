import { ReinraumError } from '@reinraum/crypto'
import type { Release, Verified } from '@reinraum/statements'
import { codeOf, isTransient } from '../transient.ts'

/** Whether any of these releases debited a budget. */
export function debits(releases: Iterable<Verified<Release>>): boolean {
  return [...releases].some(({ document: { outcome } }) => outcome.decision === 'released' && outcome.ledger !== undefined)
}

/**
 * Why a run ends whose budgets were debited. No key service releases for it again, so what would go better another time is no
 * reason to try: whoever can make runs fail would spend budgets with them.
 */
export function endOfSpent(error: unknown): unknown {
  if (!isTransient(codeOf(error))) return error
  return new ReinraumError('budget-spent', 'budgets were debited for this run, and it ended without a result', { cause: error })
}
