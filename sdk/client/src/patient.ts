import type { DescService } from '@bufbuild/protobuf'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { type CallOptions, type Client, withRetry } from '@reinraum/rpc'

type UnaryCall = (request: unknown, options?: CallOptions) => Promise<unknown>

/** Three to six seconds in all: what a restart takes, and short enough for someone who waits at a terminal. */
export const patience = { attempts: 6, firstDelayMs: 200 } as const

/**
 * The same client, of which calls that only read are repeated while the service is unavailable, and whose unary calls name
 * the service when it stays so. Anything that changes something is asked once here: whoever asks knows whether it may be
 * asked again.
 */
export function patient<S extends DescService>(service: S, client: Client<S>, name: string): Client<S> {
  const calls = service.methods
    .filter((method) => method.methodKind === 'unary')
    .map(({ localName }) => {
      const call = client[localName as keyof Client<S>] as UnaryCall
      const once: UnaryCall = (request, options) => call(request, options).catch((error) => Promise.reject(named(error, name)))
      const again: UnaryCall = (request, options) =>
        withRetry(() => once(request, options), {
          ...patience,
          ...(options?.signal === undefined ? {} : { signal: options.signal }),
        })
      return [localName, onlyReads(localName) ? again : once] as const
    })
  return { ...client, ...Object.fromEntries(calls) }
}

/** By the convention of our services, whose other verbs (propose, start, import, …) change something. */
function onlyReads(method: string): boolean {
  return /^(get|list|describe)[A-Z]/.test(method)
}

function named(error: unknown, name: string): unknown {
  if (!isReinraumError(error) || error.code !== 'unavailable') return error
  return new ReinraumError('unavailable', `${name}: ${error.message}`, { cause: error })
}
