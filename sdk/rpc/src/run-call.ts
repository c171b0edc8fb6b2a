import { ReinraumError } from '@reinraum/crypto'
import type { IncomingCall, Request } from './authenticate.ts'
import type { Caller } from './caller.ts'
import type { RpcContext } from './handlers.ts'

export type ErrorObserver = (error: unknown, call: { readonly method: string; readonly caller: Caller | undefined }) => void

export interface CallRunnerOptions {
  readonly authenticate: (call: IncomingCall, request: Request) => Promise<Caller>
  readonly stopping: AbortSignal
  readonly onError?: ErrorObserver
}

/** A grpc-js call while it runs. */
export interface OpenCall extends IncomingCall {
  readonly cancelled: boolean
  once(event: 'cancelled', listener: () => void): unknown
}

export interface CallRunner {
  /**
   * Authenticates and runs one call that passed the gate. `fail` gets whatever went wrong, and the observer too; nothing is
   * thrown, so no call can end the process.
   */
  run(
    call: OpenCall,
    request: Request,
    answer: (context: RpcContext) => Promise<void>,
    fail: (error: unknown) => void,
  ): Promise<void>
}

export function createCallRunner(options: CallRunnerOptions): CallRunner {
  return {
    async run(call, request, answer, fail) {
      let caller: Caller | undefined
      const gone = new AbortController()
      call.once('cancelled', () => gone.abort(new ReinraumError('unavailable', 'the caller went away')))
      const signal = AbortSignal.any([gone.signal, options.stopping])
      try {
        caller = await options.authenticate(call, request)
        await answer({ caller, signal, method: request.method })
      } catch (error) {
        const reported = signal.aborted ? signal.reason : error
        if (!gone.signal.aborted) fail(reported)
        observe(options.onError, error, { method: request.method, caller })
      }
    },
  }
}

/** Tells the observer, whatever it does with it. */
export function observe(
  onError: ErrorObserver | undefined,
  error: unknown,
  call: { readonly method: string; readonly caller: Caller | undefined },
): void {
  try {
    onError?.(error, call)
  } catch {
    // An observer that fails must not change what the caller is told.
  }
}
