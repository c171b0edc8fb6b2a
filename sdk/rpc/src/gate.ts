import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { Authenticator, IncomingCall, Request } from './authenticate.ts'
import type { Caller } from './caller.ts'
import { maxHealthMessageBytes, type RateLimits } from './limits.ts'
import { limitMessages } from './message-limit.ts'
import { addressGroup } from './peer-address.ts'
import { createRateTable } from './rate-table.ts'
import { type ErrorObserver, observe } from './run-call.ts'
import { toWire } from './wire-error.ts'

export interface GateOptions {
  readonly authenticator: Authenticator
  readonly allow: (caller: Caller, method: string) => boolean
  /** path of each method that is served → bytes of one message to it */
  readonly methods: ReadonlyMap<string, number>
  readonly rates: RateLimits
  readonly maxKnownCallers: number
  /** ms, monotonic */
  readonly elapsedMs: () => number
  readonly onError?: ErrorObserver
}

export interface Gate {
  /** Sees a call when its headers are there and not a byte of its message has been read. */
  readonly interceptor: ServerInterceptor
  /** The caller that the interceptor let through, now that the message is there. */
  authenticate(call: IncomingCall, request: Request): Promise<Caller>
}

/** Refusals for a rate that are reported, so that a flood does not fill the log instead. */
const reportedRefusals = { burst: 10, perSecond: 1 }

/**
 * Decides on a call by its headers: who calls, how often, and whether it may call this. Only then does grpc-js read the
 * message. A method that is not in `methods` is a health check: it is not limited in rate, and small.
 */
export function createGate(options: GateOptions): Gate {
  const { authenticator, methods, rates, onError } = options
  const table = (rate: RateLimits['perCaller']) => createRateTable(rate, options.maxKnownCallers, options.elapsedMs)
  const callers = table(rates.perCaller)
  const addresses = table(rates.anonymous)
  const perMethod = new Map(Object.entries(rates.perMethod).map(([method, rate]) => [method, table(rate)]))
  const reports = table(reportedRefusals)
  const admitted = new WeakMap<Metadata, Caller>()

  function identify(call: Omit<IncomingCall, 'getPeer'>, address: string, method: string): Caller {
    // A signature costs a hundred times what its refusal does: an address that has used up its tries gets none verified.
    if (!addresses.allows(address)) throw tooMany()
    try {
      return authenticator.identify(call, method)
    } catch (error) {
      addresses.take(address)
      throw error
    }
  }

  function charge(caller: Caller, address: string, method: string): void {
    const name = nameOf(caller, address)
    if (!callers.knows(name) && !addresses.take(address)) throw tooMany()
    if (caller.kind !== 'anonymous' && !callers.take(name)) throw tooMany()
    if (perMethod.get(method)?.take(name) === false) throw tooMany()
  }

  function report(error: unknown, method: string, caller: Caller | undefined): void {
    const isFlood = isReinraumError(error) && error.code === 'resource-exhausted'
    if (!isFlood || reports.take('')) observe(onError, error, { method, caller })
  }

  /** Whether grpc-js may go on and read the message; if not, the caller has been told why. */
  function admits(call: ServerInterceptingCallInterface, metadata: Metadata, method: string): boolean {
    let caller: Caller | undefined
    try {
      const maxBytes = methods.get(method)
      limitMessages(call, maxBytes ?? maxHealthMessageBytes)
      if (maxBytes === undefined) return true
      const address = addressGroup(call.getPeer())
      caller = identify({ metadata, getAuthContext: () => call.getAuthContext() }, address, method)
      charge(caller, address, method)
      if (!options.allow(caller, method)) throw new ReinraumError('permission-denied', 'not allowed to call this')
      admitted.set(metadata, caller)
      return true
    } catch (error) {
      call.sendStatus(toWire(error))
      report(error, method, caller)
      return false
    }
  }

  return {
    interceptor: ({ path }, call) =>
      new ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata(metadata, proceed) {
              if (admits(call, metadata, path)) proceed(metadata)
            },
          }),
      }),
    async authenticate(call, request) {
      const caller = admitted.get(call.metadata)
      if (caller === undefined) throw new ReinraumError('unauthenticated', 'this call has not passed the gate')
      try {
        await authenticator.confirm(caller, call, request)
      } catch (error) {
        addresses.take(addressGroup(call.getPeer()))
        throw error
      }
      return caller
    },
  }
}

function nameOf(caller: Caller, address: string): string {
  switch (caller.kind) {
    case 'party':
      return `party ${caller.key.x}`
    case 'service':
      return `service ${caller.id}`
    case 'anonymous':
      return `address ${address}`
  }
}

const tooMany = () => new ReinraumError('resource-exhausted', 'too many calls: wait a moment')
