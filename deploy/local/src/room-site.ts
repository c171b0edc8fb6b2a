import { mkdir, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Evidence } from '@reinraum/attestation'
import { measureCode } from '@reinraum/kit'
import { z } from 'zod'
import { type Cleanup, createCleanup } from './cleanup.ts'
import { reservePorts } from './free-ports.ts'
import type { NatsAccess } from './nats-process.ts'
import { openPlatformFile, type Platform } from './platform-file.ts'
import { writePrivateFile } from './private-file.ts'
import { openCredentials, type RoomCredentials } from './room-credentials.ts'
import type { RoomFolder } from './room-folder.ts'
import type { RoomOptions } from './room-options.ts'
import { type KeyServicePlan, planServices, portNames, type ServicePlan } from './room-plan.ts'
import { sweepScratchFolders } from './scratch-folder.ts'
import type { SupervisedProcess } from './supervised-process.ts'

const defaultKeyServices: readonly KeyServicePlan[] = [{ id: 'shared-keys', custody: 'attested' }]
const portsSchema = z.record(z.string(), z.int())

/** What a room needs before its first process starts, and what is known of it while they start. */
export interface RoomSite {
  readonly folder: RoomFolder
  readonly options: RoomOptions
  readonly services: readonly ServicePlan[]
  readonly tee: Evidence['tee']
  readonly platformFile: string
  readonly platform: Platform
  /** SHA-384 in hex over the code that runs: the services compute the same at their start, so changed code is refused */
  readonly measurements: { readonly executor: string; readonly keys: string }
  readonly credentials: RoomCredentials
  readonly natsPort: number
  readonly natsAccess: NatsAccess
  /** name of a port → host:port */
  readonly address: (port: string) => string
  readonly processes: Map<string, SupervisedProcess>
  readonly cleanup: Cleanup
}

/** Certificates, credentials, ports, the simulated platform and the measurements of what will run. */
export async function prepareSite(folder: RoomFolder, options: RoomOptions, cleanup = createCleanup()): Promise<RoomSite> {
  options.onProgress?.('Preparing certificates, credentials and the simulated platform')
  const services = planServices(options.keyServices ?? defaultKeyServices, options.executors ?? 1)
  const tee = options.platform ?? 'snp'
  const platformFile = resolve(options.platformFile ?? folder.platform(tee))
  await sweepScratchFolders()
  const [platform, credentials, executor, keys] = await Promise.all([
    openPlatformFile(platformFile, tee),
    openCredentials(folder, services, { natsAdmin: options.natsAdmin === true }),
    measureCode('executor'),
    measureCode('keys'),
  ])
  const reserved = await reservePorts(portNames(services), await earlierPorts(folder.ports))
  cleanup.add(reserved.release)
  await writePrivateFile(folder.ports, JSON.stringify(reserved.ports, null, 2))
  await mkdir(folder.logs, { recursive: true, mode: 0o700 })
  const natsPort = reserved.ports.nats ?? 0
  return {
    folder,
    options,
    services,
    tee,
    platformFile,
    platform,
    measurements: { executor, keys },
    credentials,
    natsPort,
    // By its name: the client would send an IP address as TLS server name, which is not allowed (RFC 6066 §3).
    natsAccess: { address: `localhost:${natsPort}`, ca: credentials.authority.caFile, seeds: credentials.seeds },
    address: (port) => `127.0.0.1:${reserved.ports[port]}`,
    processes: new Map(),
    cleanup,
  }
}

async function earlierPorts(file: string): Promise<Readonly<Record<string, number>>> {
  const text = await readFile(file, 'utf8').catch(() => '{}')
  return portsSchema.catch({}).parse(JSON.parse(text))
}
