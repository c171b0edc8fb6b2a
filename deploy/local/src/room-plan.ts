import { totalmem } from 'node:os'
import { inboxOf } from '@reinraum/kit'
import type { TlsFiles } from './pki.ts'
import type { RoomFolder } from './room-folder.ts'
import type { ScratchFolder } from './scratch-folder.ts'
import type { CommonConfig, RootKeyConfig, ServiceConfig } from './service-configs.ts'

export interface KeyServicePlan {
  readonly id: string
  readonly custody: 'owner' | 'attested'
  /** the member that runs it; needed with custody `owner` */
  readonly operator?: string
  /** a file that the service makes, for local use only, unless told */
  readonly rootKey?: RootKeyConfig
  /** files of public keys of those who may seal it, back it up and restore it; nobody unless told */
  readonly administrators?: readonly string[]
}

export type ServiceKind = ServiceConfig['service']

/** One process of the room. */
export interface ServicePlan {
  /** its id: `governance`, `keys/health-agency`, `executor`, `executor/2` */
  readonly name: string
  readonly kind: ServiceKind
  /** What its certificate names: executors share one name, because nobody tells one from another. */
  readonly certifiedAs: string
  readonly keyService?: KeyServicePlan
}

/** Which processes a room has, in the order in which they are best stopped. */
export function planServices(keyServices: readonly KeyServicePlan[], executors: number): readonly ServicePlan[] {
  const executorPlans = Array.from({ length: executors }, (_, index): ServicePlan => {
    return { name: index === 0 ? 'executor' : `executor/${index + 1}`, kind: 'executor', certifiedAs: 'executor' }
  })
  const keyPlans = keyServices.map((keyService): ServicePlan => {
    const name = `keys/${keyService.id}`
    return { name, kind: 'keys', certifiedAs: name, keyService }
  })
  const others = (['release', 'ingestion', 'governance'] as const).map((name) => ({ name, kind: name, certifiedAs: name }))
  return [...executorPlans, ...keyPlans, ...others]
}

/** Names of the ports that a room needs. */
export function portNames(services: readonly ServicePlan[]): readonly string[] {
  const own = services.flatMap(({ name, kind }) => (kind === 'executor' ? [name] : [name, partiesPort(name)]))
  return ['nats', ...own]
}

export function partiesPort(name: string): string {
  return `${name} for parties`
}

export interface Wiring {
  readonly folder: RoomFolder
  readonly services: readonly ServicePlan[]
  /** name of a port → host:port */
  readonly address: (port: string) => string
  readonly natsAddress: string
  readonly tls: ReadonlyMap<string, TlsFiles>
  readonly seeds: ReadonlyMap<string, string>
  readonly scratch: ReadonlyMap<string, ScratchFolder>
  readonly platformFile: string
  readonly logLevel: string
}

/** The configuration of one service, as its own schema wants it. */
export function configOf(plan: ServicePlan, wiring: Wiring): ServiceConfig {
  const { address } = wiring
  const common = commonConfig(plan, wiring)
  const attester = { kind: 'simulator', platform: wiring.platformFile } as const
  switch (plan.kind) {
    case 'governance':
    case 'ingestion':
    case 'release':
      return { service: plan.kind, config: common }
    case 'keys': {
      const keyService = required(plan.keyService)
      const config = {
        ...common,
        keyServiceId: keyService.id,
        custody: keyService.custody,
        ...(keyService.operator === undefined ? {} : { operator: keyService.operator }),
        rootKey: keyService.rootKey ?? ({ kind: 'file', path: wiring.folder.rootKey(plan.name) } as const),
        ...(keyService.administrators === undefined ? {} : { administrators: keyService.administrators }),
        ...(keyService.custody === 'attested' ? { attester } : {}),
        governance: address('governance'),
      }
      return { service: 'keys', config }
    }
    case 'executor': {
      const scratch = required(wiring.scratch.get(plan.name))
      const keys = wiring.services.filter(({ kind }) => kind === 'keys')
      const config = {
        ...common,
        attester,
        governance: address('governance'),
        ingestion: address('ingestion'),
        release: address('release'),
        keyServices: Object.fromEntries(keys.map(({ name, keyService }) => [required(keyService).id, address(name)])),
        scratch: scratch.path,
        ...(scratch.onDisk ? { allowDiskScratch: true } : {}),
        allowWeakConfinement: true,
        allowUnencryptedSwap: true,
        runLimits: {
          // A run has room on small machines too, and in containers whose memory file system has 64 MiB.
          memoryMiB: Math.min(1024, Math.max(64, Math.floor(totalmem() / 2 ** 20 / 8))),
          resultBytes: Math.min(2 ** 28, Math.floor(scratch.size / 8)),
          runTimeoutMs: 120_000,
          // A fine grid: whoever tries a room out waits for every run.
          releaseGridMs: 20,
        },
      }
      return { service: 'executor', config }
    }
  }
}

function commonConfig({ name, kind }: ServicePlan, { folder, address, natsAddress, tls, seeds, logLevel }: Wiring): CommonConfig {
  const files = required(tls.get(name))
  return {
    id: name,
    listen: { services: address(name), ...(kind === 'executor' ? {} : { parties: address(partiesPort(name)) }) },
    tls: files,
    nats: { servers: `tls://${natsAddress}`, seed: required(seeds.get(name)), ca: files.ca, inbox: inboxOf(name) },
    data: folder.data(name),
    log: { level: logLevel },
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a part of the plan is missing')
  return value
}
