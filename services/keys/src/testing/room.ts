import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DescService } from '@bufbuild/protobuf'
import { createSimulatedPlatform, type SimulatedPlatform } from '@reinraum/attestation'
import type { HpkeSuite } from '@reinraum/crypto'
import { createLog } from '@reinraum/kit'
import { type Authority, createAuthority } from '@reinraum/pki'
import { KeyReleaseService, KeysService } from '@reinraum/proto'
import { type Client, createRpcServer, type Implementation } from '@reinraum/rpc'
import { createIdentity, type Identity, publicKeysOf } from '@reinraum/statements'
import { openServicePorts } from '@reinraum/testing'
import type { z } from 'zod'
import type { ClockSources } from '../clock.ts'
import { type KeysConfig, keysConfigSchema } from '../config.ts'
import type { KeyService } from '../seal/key-service.ts'
import { closeKeyService, openKeyService, portsOf } from '../service.ts'
import type { Vault } from '../vault.ts'

export const partyNames = ['air', 'bird', 'analyst', 'officer', 'stranger'] as const
export type PartyName = (typeof partyNames)[number]

/** The clock of the key services: real time, until a test moves it. Request tokens go by real time always. */
export interface TestClock extends ClockSources {
  now(): Date
  /** So many ms pass, on the wall clock and on the monotonic one; negative undoes it. */
  move(ms: number): void
  /** Somebody sets the wall clock by so many ms, and no time passes. */
  step(ms: number): void
}

/** Two key services on real ports, with the parties and the hardware of one clean room. */
export interface Room {
  readonly folder: string
  readonly authority: Authority
  readonly platform: SimulatedPlatform
  readonly clock: TestClock
  readonly parties: Readonly<Record<PartyName, Identity>>
  /** attested custody, for anyone */
  readonly shared: RunningKeyService
  /** owner custody, for `air` */
  readonly airs: RunningKeyService
  /** Stops the shared service, and starts it again over the same store; parts of its configuration may change meanwhile. */
  restartShared(changes?: SharedConfig): Promise<void>
  stop(): Promise<void>
}

/** What a test may choose of the shared service's configuration. */
export type SharedConfig = Partial<
  Pick<
    KeysConfig,
    | 'rootKey'
    | 'formerRootKey'
    | 'identitySuite'
    | 'administrators'
    | 'attester'
    | 'minimumDestructionDelayMs'
    | 'workloadIdentity'
  >
> & { readonly quotas?: Partial<KeysConfig['quotas']> }

export interface RunningKeyService {
  readonly id: string
  readonly config: KeysConfig
  readonly service: KeyService
  /** what it holds while it is open */
  readonly vault: Vault
  readonly addresses: { readonly parties: string; readonly services: string }
  as(party: Identity): Client<typeof KeysService>
  /** another service of the parties port */
  asOf<S extends DescService>(service: S, party: Identity): Client<S>
  /** from a service with this id, by its certificate */
  from(serviceId: string): Client<typeof KeyReleaseService>
  /** another service of the services port */
  fromOf<S extends DescService>(service: S, serviceId: string): Client<S>
  stop(): Promise<void>
}

export interface RoomOptions {
  readonly authority?: Authority
  /** address of what stands where governance would; nothing listens there unless told */
  readonly governance?: string
  /** names files of the parties' public keys, which are there when the service starts */
  readonly shared?: (publicKeys: (party: PartyName) => string) => SharedConfig
  /** parties whose HPKE keys are not of the default suite */
  readonly suites?: Partial<Record<PartyName, HpkeSuite>>
}

export async function startRoom(options: RoomOptions = {}): Promise<Room> {
  const { authority = createAuthority(), governance = '127.0.0.1:1', suites = {} } = options
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-keys-'))
  const [platform, ...identities] = await Promise.all([
    createSimulatedPlatform({ modulusLength: 2048 }),
    ...partyNames.map((name) => createIdentity(suites[name])),
  ])
  const platformFile = join(folder, 'platform.json')
  await writeFile(platformFile, JSON.stringify(platform))
  const parties = Object.fromEntries(partyNames.map((name, i) => [name, identities[i]])) as Record<PartyName, Identity>
  const clock = createClock()
  const publicKeys = (party: PartyName) => publicKeysFile(folder, party)
  for (const name of partyNames) await writeFile(publicKeys(name), JSON.stringify(publicKeysOf(parties[name])))
  const common = { folder, authority, clock, governance }
  const attester = { kind: 'simulator', platform: platformFile } as const
  let sharedConfig = options.shared?.(publicKeys) ?? {}
  const startShared = () =>
    startKeyService({ ...common, own: { keyServiceId: 'shared', custody: 'attested', attester, ...sharedConfig } })
  let shared = await startShared()
  const airs = await startKeyService({ ...common, own: { keyServiceId: 'airs', custody: 'owner', operator: 'air' } })
  return {
    folder,
    authority,
    platform,
    clock,
    parties,
    get shared() {
      return shared
    },
    airs,
    async restartShared(changes = {}) {
      // One that a process of its own took over is stopped already.
      await shared.stop().catch(() => undefined)
      sharedConfig = { ...sharedConfig, ...changes }
      shared = await startShared()
    },
    async stop() {
      // A service that did not start again is stopped already.
      await Promise.all([shared.stop().catch(() => undefined), airs.stop()])
      await rm(folder, { recursive: true })
    },
  }
}

/** The file of a party's public keys, as a configuration names it. */
export function publicKeysFile(folder: string, party: PartyName): string {
  return join(folder, `${party}.public.json`)
}

interface Start {
  readonly folder: string
  readonly authority: Authority
  readonly clock: TestClock
  readonly governance: string
  readonly own: Pick<KeysConfig, 'keyServiceId' | 'custody' | 'operator' | 'attester'> & SharedConfig
}

/** Everything of the service but the bus, whose part is to say when to look revocations up. */
export async function startKeyService({ folder, authority, clock, governance, own }: Start): Promise<RunningKeyService> {
  const id = `keys/${own.keyServiceId}`
  const data = join(folder, own.keyServiceId)
  const config = keysConfigSchema.parse({
    ...own,
    id,
    listen: { parties: '127.0.0.1:0', services: '127.0.0.1:0' },
    tls: { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' },
    nats: { servers: 'tls://127.0.0.1:1', seed: 'seed', ca: 'ca.pem', inbox: '_INBOX_keys' },
    data,
    rootKey: own.rootKey ?? { kind: 'file', path: join(folder, `${own.keyServiceId}.root-key`) },
    administrators: own.administrators ?? [],
    minimumDestructionDelayMs: own.minimumDestructionDelayMs ?? 3600_000,
    governance,
    log: { level: 'debug', file: join(folder, `${own.keyServiceId}.log`) },
  } satisfies z.input<typeof keysConfigSchema>)
  const tls = authority.issue(`spiffe://reinraum/${id}`, '127.0.0.1')
  const kit = { log: createLog(config.log, id), tls, dataPath: (name: string) => join(data, name) }
  const service = await openKeyService(config, kit, clock)
  const ports = await openServicePorts({
    id,
    authority,
    ports: portsOf(service),
    called: { parties: KeysService, services: KeyReleaseService },
  })
  let stopped = false
  return {
    id: own.keyServiceId,
    config,
    service,
    get vault() {
      return service.opened()
    },
    addresses: ports.addresses,
    as: ports.party,
    asOf: ports.partyOf,
    from: ports.service,
    fromOf: ports.serviceOf,
    async stop() {
      if (stopped) return
      stopped = true
      await ports.stop()
      await closeKeyService(service)
    },
  }
}

/** A port of another service of the room, to stand where the key service looks for it. */
export function serveAs(authority: Authority, serviceId: string, implementation: Implementation) {
  return createRpcServer({
    audience: 'services',
    name: serviceId,
    address: '127.0.0.1:0',
    tls: authority.issue(`spiffe://reinraum/${serviceId}`, '127.0.0.1'),
    services: [implementation],
    allow: () => true,
  })
}

function createClock(): TestClock {
  let passed = 0
  let stepped = 0
  return {
    now: () => new Date(Date.now() + passed),
    wall: () => Date.now() + passed + stepped,
    monotonic: () => performance.now() + passed,
    move: (ms) => {
      passed += ms
    },
    step: (ms) => {
      stepped += ms
    },
  }
}
