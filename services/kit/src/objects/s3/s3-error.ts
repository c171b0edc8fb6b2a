import { type ErrorCode, isReinraumError, ReinraumError } from '@reinraum/crypto'

// What S3 and the servers that speak like it say when there is no more room.
const fullCodes = new Set(['QuotaExceeded', 'XMinioStorageFull', 'InsufficientCapacity', 'InsufficientStorage'])

// What whoever runs the service has to know; no other word of the store gets into an error.
const toldCodes = new Set([
  ...fullCodes,
  ...['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken', 'RequestTimeTooSkewed'],
  ...['NoSuchBucket', 'PermanentRedirect', 'AuthorizationHeaderMalformed', 'InvalidRange', 'SlowDown', 'NotImplemented'],
])

/** The name and the status that the store gave. Its messages stay out: they quote keys, and what it likes. */
export interface Refusal {
  readonly name: string
  readonly status: number | undefined
}

export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof Error)) return { name: '', status: undefined }
  const metadata = '$metadata' in error ? error.$metadata : undefined
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : undefined
  return { name: error.name, status: typeof status === 'number' ? status : undefined }
}

/** A failure of the object store in our terms. The SDK's error holds headers of request and answer, so it is no cause. */
export function s3Error(error: unknown): ReinraumError {
  if (isReinraumError(error)) return error
  const { name, status } = refusalOf(error)
  const [code, message] = describe(name, status)
  return new ReinraumError(code, toldCodes.has(name) ? `${message} (${name})` : message)
}

function describe(name: string, status: number | undefined): readonly [ErrorCode, string] {
  if (fullCodes.has(name) || status === 507) return ['storage-full', 'the object store is full']
  if (name === 'NoSuchBucket') return ['internal', 'the object store has no such bucket']
  if (status === 404) return ['not-found', 'no such object']
  if (status === 416) return ['ciphertext-mismatch', 'the object is shorter than it was']
  if (status === 401 || status === 403) return ['internal', 'the object store refuses access']
  if (status !== undefined && status >= 300 && status < 500 && status !== 408 && status !== 429) {
    return ['internal', 'the object store refused a request']
  }
  return ['unavailable', 'the object store does not answer as it should']
}
