import { status } from '@grpc/grpc-js'
import type { ErrorCode } from '@reinraum/crypto'

/** The gRPC status under which each reason code travels. The code itself is in the trailer `reinraum-code`. */
const statuses: Readonly<Record<ErrorCode, status>> = {
  'invalid-argument': status.INVALID_ARGUMENT,
  'invalid-identity': status.INVALID_ARGUMENT,
  'invalid-statement': status.INVALID_ARGUMENT,
  'not-found': status.NOT_FOUND,
  'already-exists': status.ALREADY_EXISTS,
  conflict: status.ABORTED,
  unsupported: status.UNIMPLEMENTED,
  'unknown-kind': status.INVALID_ARGUMENT,
  'unknown-field': status.INVALID_ARGUMENT,
  'signature-missing': status.INVALID_ARGUMENT,
  'signature-invalid': status.INVALID_ARGUMENT,
  'unknown-member': status.PERMISSION_DENIED,
  'role-missing': status.PERMISSION_DENIED,
  'contract-incomplete': status.FAILED_PRECONDITION,
  'contract-mismatch': status.FAILED_PRECONDITION,
  'not-yet-valid': status.FAILED_PRECONDITION,
  expired: status.FAILED_PRECONDITION,
  revoked: status.FAILED_PRECONDITION,
  'approval-missing': status.FAILED_PRECONDITION,
  'approval-expired': status.FAILED_PRECONDITION,
  'approval-revoked': status.FAILED_PRECONDITION,
  'approval-exhausted': status.FAILED_PRECONDITION,
  'access-exhausted': status.FAILED_PRECONDITION,
  'privacy-missing': status.FAILED_PRECONDITION,
  'privacy-over-maximum': status.FAILED_PRECONDITION,
  'budget-exhausted': status.FAILED_PRECONDITION,
  'budget-not-due': status.FAILED_PRECONDITION,
  'budget-held': status.FAILED_PRECONDITION,
  'budget-spent': status.FAILED_PRECONDITION,
  'ledger-mismatch': status.FAILED_PRECONDITION,
  'ledger-broken': status.FAILED_PRECONDITION,
  'query-rejected': status.FAILED_PRECONDITION,
  'query-mismatch': status.FAILED_PRECONDITION,
  'parameter-outside-domain': status.FAILED_PRECONDITION,
  'dataset-version-not-allowed': status.FAILED_PRECONDITION,
  'recipient-not-allowed': status.FAILED_PRECONDITION,
  'guard-refused': status.FAILED_PRECONDITION,
  'run-cancelled': status.FAILED_PRECONDITION,
  'run-failed': status.FAILED_PRECONDITION,
  'too-large': status.FAILED_PRECONDITION,
  'run-abandoned': status.FAILED_PRECONDITION,
  'lease-lost': status.FAILED_PRECONDITION,
  'malformed-evidence': status.INVALID_ARGUMENT,
  'evidence-contraindicated': status.PERMISSION_DENIED,
  'report-data-mismatch': status.PERMISSION_DENIED,
  'nonce-unknown': status.FAILED_PRECONDITION,
  'nonce-expired': status.FAILED_PRECONDITION,
  'nonce-used': status.FAILED_PRECONDITION,
  'key-unknown': status.NOT_FOUND,
  'key-mismatch': status.FAILED_PRECONDITION,
  'suite-unsupported': status.INVALID_ARGUMENT,
  'decryption-failed': status.INVALID_ARGUMENT,
  sealed: status.UNAVAILABLE,
  'share-invalid': status.INVALID_ARGUMENT,
  'threshold-not-reached': status.FAILED_PRECONDITION,
  'key-destroyed': status.FAILED_PRECONDITION,
  'key-version-too-low': status.FAILED_PRECONDITION,
  'rollback-detected': status.FAILED_PRECONDITION,
  'history-unreadable': status.FAILED_PRECONDITION,
  'history-full': status.FAILED_PRECONDITION,
  'clock-unsound': status.FAILED_PRECONDITION,
  'ciphertext-mismatch': status.FAILED_PRECONDITION,
  'checksum-mismatch': status.INVALID_ARGUMENT,
  'offset-mismatch': status.FAILED_PRECONDITION,
  'schema-mismatch': status.FAILED_PRECONDITION,
  'unreadable-input': status.INVALID_ARGUMENT,
  'storage-full': status.RESOURCE_EXHAUSTED,
  'review-pending': status.FAILED_PRECONDITION,
  'review-rejected': status.FAILED_PRECONDITION,
  'receipt-invalid': status.FAILED_PRECONDITION,
  unauthenticated: status.UNAUTHENTICATED,
  'permission-denied': status.PERMISSION_DENIED,
  unavailable: status.UNAVAILABLE,
  'deadline-exceeded': status.DEADLINE_EXCEEDED,
  'resource-exhausted': status.RESOURCE_EXHAUSTED,
  internal: status.INTERNAL,
}

export function statusOfCode(code: ErrorCode): status {
  return statuses[code]
}

/** What a status means when no code came with it: the transport spoke, not the service. */
export function codeOfStatus(value: status): ErrorCode {
  switch (value) {
    case status.INVALID_ARGUMENT:
    case status.OUT_OF_RANGE:
      return 'invalid-argument'
    case status.NOT_FOUND:
      return 'not-found'
    case status.ALREADY_EXISTS:
      return 'already-exists'
    case status.ABORTED:
      return 'conflict'
    case status.UNIMPLEMENTED:
      return 'unsupported'
    case status.PERMISSION_DENIED:
      return 'permission-denied'
    case status.UNAUTHENTICATED:
      return 'unauthenticated'
    case status.RESOURCE_EXHAUSTED:
      return 'resource-exhausted'
    case status.DEADLINE_EXCEEDED:
      return 'deadline-exceeded'
    case status.UNAVAILABLE:
    case status.CANCELLED:
      return 'unavailable'
    default:
      return 'internal'
  }
}
