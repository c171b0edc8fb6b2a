import {
  AuthorizationError,
  ClosedConnectionError,
  DrainingConnectionError,
  PermissionViolationError,
} from '@nats-io/transport-node'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'

/** A failure of the bus in our terms: refused for good, or worth another try. */
export function asBusError(error: unknown, message: string): ReinraumError {
  if (isReinraumError(error)) return error
  if (causes(error).some((e) => e instanceof PermissionViolationError || e instanceof AuthorizationError)) {
    return new ReinraumError('permission-denied', 'NATS does not allow this service to do that', { cause: error })
  }
  return new ReinraumError('unavailable', message, { cause: error })
}

/** Whether the connection was closed by ourselves: no further try makes sense. */
export function isClosed(error: unknown): boolean {
  return causes(error).some((e) => e instanceof ClosedConnectionError || e instanceof DrainingConnectionError)
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let e = error; e instanceof Error && chain.length < 8; e = e.cause) chain.push(e)
  return chain
}
