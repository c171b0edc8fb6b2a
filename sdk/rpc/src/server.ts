import { Server, ServerCredentials } from '@grpc/grpc-js'
import { ReinraumError } from '@reinraum/crypto'
import { type Authenticator, byCertificate, byRequestToken } from './authenticate.ts'
import type { Caller } from './caller.ts'
import { createGate } from './gate.ts'
import type { Implementation } from './implementation.ts'
import { defaultLimits, defaultRates, flowControlWindow, type RateLimits, type RpcLimits } from './limits.ts'
import { methodPath } from './method-path.ts'
import { createCallRunner, type ErrorObserver } from './run-call.ts'
import { serveMethod } from './serve-method.ts'
import './tls-floor.ts'
import type { TlsIdentity } from './tls-floor.ts'

/** `HealthImplementation` of `grpc-health-check`, or anything that adds its own service without authentication. */
export interface HealthService {
  addToServer(server: Server): void
}

interface CommonOptions {
  /** host:port; port 0 takes a free one */
  readonly address: string
  readonly tls: TlsIdentity
  /** what request tokens for this service name as their audience: the service's id */
  readonly name: string
  readonly services: readonly Implementation[]
  readonly health?: HealthService
  readonly limits?: Partial<RpcLimits>
  /** How often one caller may call; those of `defaultRates` unless told. Health checks are not limited. */
  readonly rates?: Partial<RateLimits>
  /** Bytes of one message to a method (by its path), where they are fewer than `limits.maxMessageBytes`. */
  readonly requestBytes?: Readonly<Record<string, number>>
  /** Sees every refused or failed call, with the cause that the caller does not see. */
  readonly onError?: ErrorObserver
  readonly now?: () => Date
  /** ms of a monotonic clock, for rates; `performance.now` unless told */
  readonly elapsedMs?: () => number
  /** ms that calls in flight get after `stop()`; 3000 unless told */
  readonly graceMs?: number
}

export type RpcServerOptions = CommonOptions &
  (
    | {
        /** Anyone may connect; each request carries a token signed by a party. */
        readonly audience: 'parties'
        readonly allow?: (caller: Caller, method: string) => boolean
        /** Methods that also answer without a token; none unless told. */
        readonly anonymous?: (method: string) => boolean
      }
    | {
        /** Only a certificate of our CA connects, and only what `allow` says is called. */
        readonly audience: 'services'
        readonly allow: (caller: Caller, method: string) => boolean
      }
  )

export interface RpcServer {
  readonly port: number
  /** No new calls; those in flight end or are aborted after the grace period. */
  stop(): Promise<void>
}

/** @throws ReinraumError `unavailable` when the address cannot be bound, `invalid-argument` for limits of unknown methods */
export async function createRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  // A caller in JavaScript can forget what the type demands; without it the port would be open to every service.
  if (options.audience === 'services' && typeof options.allow !== 'function') {
    throw new ReinraumError('invalid-argument', 'a services port needs a rule that says who may call what')
  }
  const limits = { ...defaultLimits, ...options.limits }
  const gate = createGate({
    authenticator: authenticatorOf(options, limits),
    allow: options.allow ?? (() => true),
    methods: methodsOf(options, limits),
    rates: { ...defaultRates, ...options.rates },
    maxKnownCallers: limits.maxKnownCallers,
    elapsedMs: options.elapsedMs ?? (() => performance.now()),
    ...(options.onError === undefined ? {} : { onError: options.onError }),
  })
  const server = new Server({
    interceptors: [gate.interceptor],
    'grpc.max_receive_message_length': limits.maxMessageBytes,
    'grpc.max_send_message_length': limits.maxMessageBytes,
    'grpc.max_concurrent_streams': limits.maxConcurrentStreams,
    'grpc-node.flow_control_window': flowControlWindow,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
  })
  const stopping = new AbortController()
  const runner = createCallRunner({
    authenticate: gate.authenticate,
    stopping: stopping.signal,
    ...(options.onError === undefined ? {} : { onError: options.onError }),
  })
  for (const { methods } of options.services) {
    const served = methods.map((entry) => ({ name: entry.method.name, ...serveMethod(entry, runner) }))
    server.addService(
      Object.fromEntries(served.map(({ name, definition }) => [name, definition])),
      Object.fromEntries(served.map(({ name, handler }) => [name, handler])),
    )
  }
  options.health?.addToServer(server)
  const port = await bind(server, options.address, credentialsOf(options))
  return { port, stop: () => stop(server, stopping, options.graceMs ?? 3000) }
}

/** Bytes of a message to each method; a limit for a method that is not served is a mistake that would limit nothing. */
function methodsOf({ services, rates, requestBytes = {} }: RpcServerOptions, limits: RpcLimits): ReadonlyMap<string, number> {
  const paths = services.flatMap(({ methods }) => methods.map(({ method }) => methodPath(method)))
  for (const path of [...Object.keys(requestBytes), ...Object.keys(rates?.perMethod ?? {})]) {
    if (!paths.includes(path)) throw new ReinraumError('invalid-argument', `a limit names ${path}, which is not served`)
  }
  return new Map(paths.map((path) => [path, Math.min(requestBytes[path] ?? limits.maxMessageBytes, limits.maxMessageBytes)]))
}

function authenticatorOf(options: RpcServerOptions, limits: RpcLimits): Authenticator {
  if (options.audience === 'services') return byCertificate
  return byRequestToken({
    audience: options.name,
    anonymous: options.anonymous ?? (() => false),
    maxRememberedTokens: limits.maxRememberedTokens,
    now: options.now ?? (() => new Date()),
  })
}

function credentialsOf({ tls, audience }: RpcServerOptions): ServerCredentials {
  return ServerCredentials.createSsl(tls.ca, [{ cert_chain: tls.cert, private_key: tls.key }], audience === 'services')
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port)
      else reject(new ReinraumError('unavailable', `cannot listen on ${address}`, { cause: error }))
    })
  })
}

function stop(server: Server, stopping: AbortController, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timers = [
      setTimeout(() => stopping.abort(new ReinraumError('unavailable', 'the service is stopping')), graceMs),
      setTimeout(() => server.forceShutdown(), graceMs + 1000),
    ]
    server.tryShutdown(() => {
      for (const timer of timers) clearTimeout(timer)
      stopping.abort(new ReinraumError('unavailable', 'the service is stopping'))
      resolve()
    })
  })
}
