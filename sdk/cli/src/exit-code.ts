import { type ErrorCode, isReinraumError } from '@reinraum/crypto'

/**
 * 0 done, 1 something went wrong, 2 refused: a policy said no or a verification failed, 3 nothing went wrong, and the key
 * service is still sealed.
 */
export type ExitCode = 0 | 1 | 2 | 3

const refusals: ReadonlySet<ErrorCode> = new Set([
  'signature-missing',
  'signature-invalid',
  'unknown-member',
  'role-missing',
  'contract-incomplete',
  'contract-mismatch',
  'not-yet-valid',
  'expired',
  'revoked',
  'approval-missing',
  'approval-expired',
  'approval-revoked',
  'approval-exhausted',
  'access-exhausted',
  'privacy-missing',
  'privacy-over-maximum',
  'budget-exhausted',
  'budget-not-due',
  'budget-held',
  'budget-spent',
  'ledger-mismatch',
  'ledger-broken',
  'query-rejected',
  'query-mismatch',
  'parameter-outside-domain',
  'dataset-version-not-allowed',
  'recipient-not-allowed',
  'guard-refused',
  'run-cancelled',
  'lease-lost',
  'malformed-evidence',
  'evidence-contraindicated',
  'report-data-mismatch',
  'nonce-unknown',
  'nonce-expired',
  'nonce-used',
  'key-mismatch',
  'key-destroyed',
  'key-version-too-low',
  'decryption-failed',
  'share-invalid',
  'rollback-detected',
  'history-unreadable',
  'history-full',
  'clock-unsound',
  'ciphertext-mismatch',
  'checksum-mismatch',
  'review-pending',
  'review-rejected',
  'receipt-invalid',
  'unauthenticated',
  'permission-denied',
])

/** The exit code of a command that ended with this error. */
export function exitCodeOf(error: unknown): ExitCode {
  return isReinraumError(error) && refusals.has(error.code) ? 2 : 1
}

/** Whether a run that ended for this reason was refused, or failed. */
export function exitCodeOfReason(reason: string): ExitCode {
  return (refusals as ReadonlySet<string>).has(reason) ? 2 : 1
}
