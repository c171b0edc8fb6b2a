/**
 * The closed set of reason codes. They go into denials, run states, release statements and exit codes; nothing else
 * about a failure leaves the process it happened in.
 */
export const errorCodes = [
  // input and usage
  'invalid-argument',
  'invalid-identity',
  'invalid-statement',
  'not-found',
  'already-exists',
  'conflict',
  'unsupported',
  // statements
  'unknown-kind',
  'unknown-field',
  'signature-missing',
  'signature-invalid',
  'unknown-member',
  'role-missing',
  'contract-incomplete',
  'contract-mismatch',
  'not-yet-valid',
  'expired',
  'revoked',
  // runs
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
  'run-failed',
  'too-large',
  'run-abandoned',
  'lease-lost',
  // evidence and keys
  'malformed-evidence',
  'evidence-contraindicated',
  'report-data-mismatch',
  'nonce-unknown',
  'nonce-expired',
  'nonce-used',
  'key-unknown',
  'key-mismatch',
  'suite-unsupported',
  'decryption-failed',
  'sealed',
  'share-invalid',
  'threshold-not-reached',
  'key-destroyed',
  'key-version-too-low',
  'rollback-detected',
  'history-unreadable',
  'history-full',
  'clock-unsound',
  // data path
  'ciphertext-mismatch',
  'checksum-mismatch',
  'offset-mismatch',
  'schema-mismatch',
  'unreadable-input',
  'storage-full',
  // results
  'review-pending',
  'review-rejected',
  'receipt-invalid',
  // access and transport
  'unauthenticated',
  'permission-denied',
  'unavailable',
  'deadline-exceeded',
  'resource-exhausted',
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/**
 * The one error type of the product. `message` is for people and never holds a data value, a key or an engine's error
 * text; `cause` stays in the process.
 */
export class ReinraumError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'ReinraumError'
    this.code = code
  }
}

export function isReinraumError(error: unknown): error is ReinraumError {
  return error instanceof ReinraumError
}

export function isErrorCode(value: string): value is ErrorCode {
  return (errorCodes as readonly string[]).includes(value)
}
