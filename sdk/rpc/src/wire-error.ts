import { Metadata, type ServiceError, type status } from '@grpc/grpc-js'
import { type ErrorCode, isErrorCode, isReinraumError, ReinraumError } from '@reinraum/crypto'
import { codeOfStatus, statusOfCode } from './error-status.ts'
import { maxErrorMessageLength } from './limits.ts'

const codeTrailer = 'reinraum-code'

interface WireStatus extends Error {
  readonly code: status
  readonly details: string
  readonly metadata: Metadata
}

/** What may leave the process: the code and message of our own error, and of any other error only that it happened. */
export function toWire(error: unknown): WireStatus {
  const known = isReinraumError(error) ? error : new ReinraumError('internal', 'the service failed')
  const metadata = new Metadata()
  metadata.set(codeTrailer, known.code)
  const details = printable(known.message)
  return Object.assign(new Error(details), { code: statusOfCode(known.code), details, metadata })
}

/** What a failed call means to its caller. */
export function fromWire(error: ServiceError, address: string): ReinraumError {
  const sent = error.metadata?.get(codeTrailer)[0]
  if (typeof sent === 'string' && isErrorCode(sent)) return new ReinraumError(sent, printable(error.details))
  // Without the trailer the text is grpc-js's or a stranger's: it may hold paths and socket errors.
  const code = codeOfStatus(error.code)
  return new ReinraumError(code, transportMessage(code, address), { cause: error })
}

function transportMessage(code: ErrorCode, address: string): string {
  switch (code) {
    case 'unavailable':
      return `${address} is not reachable`
    case 'deadline-exceeded':
      return `${address} did not answer in time`
    case 'unsupported':
      return `${address} does not know this call`
    case 'resource-exhausted':
      return `the message is too large for ${address}, or it has too much to do`
    default:
      return `the call to ${address} failed`
  }
}

/** A server's text reaches terminals and logs: no control characters, well-formed, bounded. */
function printable(text: string): string {
  const bounded = text.slice(0, maxErrorMessageLength).toWellFormed()
  return bounded.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, ' ')
}
