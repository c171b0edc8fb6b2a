import { join } from 'node:path'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import {
  type Caller,
  createRpcServer,
  type Implementation,
  type RpcServer,
  type RpcServerOptions,
  type TlsIdentity,
} from '@reinraum/rpc'
import type { z } from 'zod'
import type { Bus } from '../bus/bus.ts'
import { connectBus } from '../bus/connect-bus.ts'
import { readConfig } from '../config/read-config.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import { readTlsIdentity } from '../config/tls-files.ts'
import { createLog, type Log } from '../log.ts'
import { boundsOf } from './port-bounds.ts'
import { createServiceHealth, type ServiceHealth } from './service-health.ts'
import { type Process, type Supervisor, supervise } from './supervise.ts'

export interface Service {
  stop(): Promise<void>
}

/** What a service bears on a port, where that differs from the defaults; the configuration overrides it. */
type PortBounds = Pick<RpcServerOptions, 'limits' | 'rates' | 'requestBytes'>

/** What a service answers on its two ports. Both carry health checks; on the parties port those need no token. */
export interface PortServices {
  /** needs `listen.parties` */
  readonly parties?: PortBounds & {
    readonly services: readonly Implementation[]
    /** methods that also answer without a request token */
    readonly anonymous?: (method: string) => boolean
  }
  readonly services: PortBounds & {
    readonly services: readonly Implementation[]
    readonly allow: (caller: Caller, method: string) => boolean
  }
}

/** What `runService` gives to a service. Everything opened through it is closed after the service's own `stop`. */
export interface Kit {
  readonly log: Log
  readonly tls: TlsIdentity
  /** Aborted when the service begins to stop. */
  readonly stopping: AbortSignal
  /** A path inside the service's own folder. */
  dataPath(name: string): string
  /** Opens the configured ports. Health says NOT_SERVING until the service has started. */
  serve(ports: PortServices): Promise<void>
  connectBus(): Promise<Bus>
  /**
   * Health of one gRPC service (`reinraum.keys.v1.KeyReleaseService`), on both ports, beside that of the whole process: one
   * that is sealed is alive, and serves nothing. A service that was never named is unknown to health checks.
   * @throws ReinraumError `invalid-argument` for the empty name, which is the process and not a service's to set
   */
  setHealth(service: string, serving: boolean): void
  /** Ends the process with exit code 1: for background work that must not fail. */
  crash(error: unknown): void
}

export interface RunOptions {
  /** what the service ends with; Node's own unless told */
  readonly process?: Process
  /** A stop that takes longer (ms) is ended with exit code 1; 10 s unless told. */
  readonly stopWithinMs?: number
}

/**
 * The main function of a service. Reads the configuration, starts, says SERVING, and stops in order on SIGINT or SIGTERM:
 * health first, then the ports (calls in flight end), then the service, then the bus. A second signal ends it at once; an
 * unhandled rejection is a bug and ends it with 1.
 */
export async function runService<C extends ServiceConfig>(
  name: string,
  schema: z.ZodType<C>,
  start: (config: C, kit: Kit) => Promise<Service>,
  { process = globalThis.process, stopWithinMs }: RunOptions = {},
): Promise<void> {
  const config = readConfigOrExit(schema, process)
  if (config === undefined) return
  const log = createLog(config.log, config.id)
  const health = createServiceHealth()
  const opened: Opened = { ports: [], service: undefined, buses: [] }
  const stop = async () => {
    health.stop()
    await Promise.all(opened.ports.map((port) => port.stop()))
    await opened.service?.stop()
    for (const bus of opened.buses) await bus.close()
  }
  const supervisor = supervise(process, log, stop, stopWithinMs)
  log.info({ service: name, pid: process.pid }, 'starting')
  try {
    opened.service = await start(config, createKit(config, log, health, opened, supervisor))
    if (supervisor.stopping.aborted) return
    health.start()
    log.info('serving')
  } catch (error) {
    if (!supervisor.stopping.aborted) supervisor.crash(error)
  }
}

interface Opened {
  readonly ports: RpcServer[]
  service: Service | undefined
  readonly buses: Bus[]
}

function readConfigOrExit<C>(schema: z.ZodType<C>, process: Process): C | undefined {
  try {
    return readConfig(schema, process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${isReinraumError(error) ? error.message : 'the configuration cannot be read'}\n`)
    process.exit(1)
    return undefined
  }
}

function createKit(
  config: ServiceConfig,
  log: Log,
  health: ServiceHealth,
  opened: Opened,
  { stopping, crash }: Pick<Supervisor, 'stopping' | 'crash'>,
): Kit {
  const tls = readTlsIdentity(config.tls)
  const common = {
    tls,
    name: config.id,
    health: health.implementation,
    onError: (error: unknown, call: { readonly method: string; readonly caller: Caller | undefined }) => {
      const level = isReinraumError(error) && error.code !== 'internal' ? 'info' : 'error'
      log[level]({ err: error, method: call.method, caller: describeCaller(call.caller) }, 'a call was refused')
    },
  }
  return {
    log,
    tls,
    stopping,
    crash,
    setHealth: health.set,
    dataPath: (file) => join(config.data, file),
    async serve({ parties, services }) {
      const limited = boundsOf(services, config.callLimits?.services)
      opened.ports.push(
        await createRpcServer({ ...common, ...services, ...limited, audience: 'services', address: config.listen.services }),
      )
      if (parties === undefined) return
      if (config.listen.parties === undefined) {
        throw new ReinraumError('invalid-argument', 'listen.parties is not configured')
      }
      const limits = boundsOf(parties, config.callLimits?.parties)
      opened.ports.push(
        await createRpcServer({ ...common, ...parties, ...limits, audience: 'parties', address: config.listen.parties }),
      )
    },
    async connectBus() {
      const bus = await connectBus(config, log, stopping)
      opened.buses.push(bus)
      return bus
    },
  }
}

function describeCaller(caller: Caller | undefined): string {
  if (caller === undefined) return 'unknown'
  return caller.kind === 'service' ? caller.id : caller.kind
}
