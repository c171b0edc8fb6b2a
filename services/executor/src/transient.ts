import { type ErrorCode, isReinraumError } from '@reinraum/crypto'

/** Errors of the surroundings: another attempt may go better, and the work queue grants five. */
const transientCodes: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'sealed',
  'deadline-exceeded',
  'resource-exhausted',
  'storage-full',
  'budget-held',
  'internal',
])

/** What is no error of ours counts as `internal`. */
export function codeOf(error: unknown): ErrorCode {
  return isReinraumError(error) ? error.code : 'internal'
}

export function isTransient(code: ErrorCode): boolean {
  return transientCodes.has(code)
}
