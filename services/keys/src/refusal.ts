import { type ErrorCode, isReinraumError, type ReinraumError } from '@reinraum/crypto'

/** Failures of this service, not decisions about what was asked: the transaction is undone and nothing is recorded. */
const failures: readonly ErrorCode[] = ['internal', 'storage-full', 'already-exists', 'unavailable', 'deadline-exceeded']

/** Whether an error says no to the caller, rather than that this service could not decide. */
export function isRefusal(error: unknown): error is ReinraumError {
  return isReinraumError(error) && !failures.includes(error.code)
}
