import { mkdir, readFile, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { referenceValuesSchema } from '@reinraum/attestation'
import { type Room, roomSchema } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import { permissionsOf, provisionStreams } from '@reinraum/kit'
import { z } from 'zod'
import { acquireLock } from '../bootstrap/lock-file.mjs'
import { measureCode } from './code-measurement.ts'
import { reservePorts } from './free-ports.ts'
import type { LocalRoom } from './local-room.ts'

export type { LocalRoom } from './local-room.ts'

import { natsConfig } from './nats-config.ts'
import { connectNats, type NatsAccess, superviseNats } from './nats-process.ts'
import { openNatsUser } from './nats-users.ts'
import { type Authority, openAuthority } from './pki.ts'
import { openPlatformFile } from './platform-file.ts'
import { writePrivateFile, writePublicFile } from './private-file.ts'
import { type RoomFolder, roomFolder } from './room-folder.ts'
import { configOf, type KeyServicePlan, partiesPort, planServices, portNames, type ServicePlan } from './room-plan.ts'
import { type ScratchFolder, scratchFolder, sweepScratchFolders } from './scratch-folder.ts'
import { superviseService } from './service-process.ts'
import type { SupervisedProcess } from './supervised-process.ts'

export interface RoomOptions {
  /** Everything of the room lies here, and is there again at the next start. */
  readonly directory: string
  /** One attested key service `shared-keys` unless told. */
  readonly keyServices?: readonly KeyServicePlan[]
  /** 1 unless told */
  readonly executors?: number
  /** name of a service → parts of its configuration that replace what stands there */
  readonly overrides?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** A simulated platform that several rooms share; the room's own unless told. */
  readonly platformFile?: string
  /** Adds a NATS user that may do everything, for tests that look into streams. */
  readonly natsAdmin?: boolean
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error'
  /** Called when a process of the room ends though nobody asked it to. */
  readonly onUnexpectedExit?: (name: string, how: string) => void
  /** Says what happens, for a screen. */
  readonly onProgress?: (what: string) => void
}

const defaultKeyServices: readonly KeyServicePlan[] = [{ id: 'shared-keys', custody: 'attested' }]
const portsSchema = z.record(z.string(), z.int())
/** Who asks the services after their health. */
const supervisor = 'supervisor'

/**
 * Starts a room on this machine: a certificate authority, NATS, and each service as a process of its own. Nothing of it
 * outlives this process.
 * @throws ReinraumError `conflict` when another process runs a room in that directory; `unavailable` when a part does not
 *   start, with the end of its log
 */
export async function startRoom(options: RoomOptions): Promise<LocalRoom> {
  const folder = roomFolder(resolve(options.directory))
  await mkdir(folder.path, { recursive: true, mode: 0o700 })
  const lock = acquireLock(folder.lock)
  if (lock.holder !== undefined) {
    throw new ReinraumError('conflict', `process ${lock.holder} runs a room in ${folder.path} already`)
  }
  const undo: (() => unknown)[] = [lock.release]
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return await build(folder, options, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function build(
  folder: RoomFolder,
  options: RoomOptions,
  undo: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<LocalRoom> {
  const progress = options.onProgress ?? (() => {})
  const services = planServices(options.keyServices ?? defaultKeyServices, options.executors ?? 1)
  await sweepScratchFolders()
  const platformFile = resolve(options.platformFile ?? folder.platform)
  progress('Preparing certificates, credentials and the simulated platform')
  const [platform, authority, executor, keys] = await Promise.all([
    openPlatformFile(platformFile),
    openAuthority(folder.pki),
    measureCode('executor'),
    measureCode('keys'),
  ])
  const reserved = await reservePorts(portNames(services), await earlierPorts(folder.ports))
  undo.push(reserved.release)
  await writePrivateFile(folder.ports, JSON.stringify(reserved.ports, null, 2))
  const address = (port: string) => `127.0.0.1:${reserved.ports[port]}`
  const users = await openUsers(folder, services, options.natsAdmin === true)
  const access: NatsAccess = { address: natsAddress(reserved.ports), ca: authority.caFile, seeds: users.seeds }
  const tls = new Map<string, Awaited<ReturnType<Authority['issue']>>>()
  for (const name of ['nats', supervisor]) tls.set(name, await authority.issue(name))
  for (const { name, certifiedAs } of services) tls.set(name, await authority.issue(certifiedAs, fileNameOf(name)))

  const processes = new Map<string, SupervisedProcess>()
  const onUnexpectedExit = options.onUnexpectedExit ?? (() => {})
  await mkdir(folder.logs, { recursive: true, mode: 0o700 })

  progress('Starting NATS')
  const natsTls = required(tls.get('nats'))
  const natsText = natsConfig({
    port: required(reserved.ports.nats),
    tls: natsTls,
    storeFolder: folder.nats.store,
    users: users.list,
  })
  await writePrivateFile(folder.nats.config, natsText)
  const nats = await superviseNats({
    configFile: folder.nats.config,
    logFile: folder.log('nats'),
    cwd: folder.path,
    access,
    onUnexpectedExit,
  })
  processes.set('nats', nats)
  undo.push(() => nats.stop())
  await nats.start()
  const names = services.map(({ name }) => name)
  const provisioner = await connectNats(access, 'provisioner')
  try {
    await provisionStreams(provisioner, names)
  } finally {
    await provisioner.close()
  }

  progress(`Starting ${services.length} services`)
  const scratch = await scratchFolders(folder, services)
  undo.push(() => Promise.all([...scratch.values()].map(({ path }) => rm(path, { recursive: true, force: true }))))
  const wiring = {
    folder,
    services,
    address,
    natsAddress: access.address,
    tls,
    seeds: users.seeds,
    scratch,
    platformFile,
    logLevel: options.logLevel ?? 'info',
  }
  for (const plan of services) {
    const { config } = configOf(plan, wiring)
    const configFile = folder.config(plan.name)
    await mkdir(config.data, { recursive: true, mode: 0o700 })
    await writePrivateFile(configFile, JSON.stringify({ ...config, ...options.overrides?.[plan.name] }, null, 2))
    const { name, kind } = plan
    const asked = { address: address(name), tls: required(tls.get(supervisor)) }
    processes.set(name, superviseService({ name, kind, configFile, logFile: folder.log(name), ...asked, onUnexpectedExit }))
  }
  undo.push(() => stopServices(services, processes))
  await Promise.all(names.map((name) => required(processes.get(name)).start()))

  const room = roomOf(services, address, authority.ca)
  await writePublicFile(folder.roomFile, `${JSON.stringify(room, null, 2)}\n`)
  const processNamed = (name: string): SupervisedProcess => {
    const found = processes.get(name)
    if (found === undefined) throw new ReinraumError('not-found', `this room has no process ${name}`)
    return found
  }
  const { product, arkSha256 } = platform
  return {
    directory: folder.path,
    roomFile: folder.roomFile,
    room,
    services: processes,
    platform: { file: platformFile, product, arkSha256, measurements: { executor, keys } },
    referenceValues() {
      const roots = [{ product, sha256: arkSha256, simulated: true }]
      const valuesFor = (measurement: string) => referenceValuesSchema.parse({ snp: { roots, measurements: [measurement] } })
      return { executor: valuesFor(executor), keys: valuesFor(keys) }
    },
    kill: async (name) => await processNamed(name).kill(),
    restart: async (name) => await processNamed(name).restart(),
    stop,
    natsAdmin: () => connectNats(access, adminUser),
    natsAs: (name) => connectNats(access, name),
    certificateFor: (id) => authority.issue(id, `issued-${fileNameOf(id)}-${crypto.randomUUID().slice(0, 8)}`),
  }
}

const adminUser = 'admin'

// By its name: the client would send an IP address as TLS server name, which is not allowed (RFC 6066 §3).
function natsAddress(ports: Readonly<Record<string, number>>): string {
  return `localhost:${ports.nats}`
}

/** A NATS user for each service, one that provisions streams, and one that may do everything where a test wants it. */
async function openUsers(folder: RoomFolder, services: readonly ServicePlan[], admin: boolean) {
  const seeds = new Map<string, string>()
  const list = []
  for (const name of [...services.map((service) => service.name), 'provisioner', ...(admin ? [adminUser] : [])]) {
    const { nkey, seedFile } = await openNatsUser(folder.nats.users, fileNameOf(name))
    seeds.set(name, seedFile)
    list.push({ nkey, permissions: name === adminUser ? { publish: ['>'], subscribe: ['>'] } : permissionsOf(name) })
  }
  return { seeds, list }
}

async function scratchFolders(folder: RoomFolder, services: readonly ServicePlan[]) {
  const scratch = new Map<string, ScratchFolder>()
  for (const { name, kind } of services) {
    if (kind === 'executor') scratch.set(name, await scratchFolder(folder.path, fileNameOf(name)))
  }
  return scratch
}

/** Executors first, so that no run is cut off from what it needs; governance last. */
async function stopServices(services: readonly ServicePlan[], processes: ReadonlyMap<string, SupervisedProcess>): Promise<void> {
  const stopAll = (kinds: readonly string[]) =>
    Promise.all(services.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => processes.get(name)?.stop()))
  await stopAll(['executor'])
  await stopAll(['keys', 'release', 'ingestion'])
  await stopAll(['governance'])
}

function roomOf(services: readonly ServicePlan[], address: (port: string) => string, ca: string): Room {
  const keyServices = services.flatMap(({ name, keyService }) =>
    keyService === undefined ? [] : [[keyService.id, address(partiesPort(name))] as const],
  )
  return roomSchema.parse({
    kind: 'reinraum/room/v1',
    ca,
    governance: address(partiesPort('governance')),
    ingestion: address(partiesPort('ingestion')),
    release: address(partiesPort('release')),
    keyServices: Object.fromEntries(keyServices),
  })
}

async function earlierPorts(file: string): Promise<Readonly<Record<string, number>>> {
  const text = await readFile(file, 'utf8').catch(() => '{}')
  return portsSchema.catch({}).parse(JSON.parse(text))
}

function fileNameOf(name: string): string {
  return name.replaceAll('/', '-')
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a part of the room is missing')
  return value
}
