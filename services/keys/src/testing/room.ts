import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DescService } from '@bufbuild/protobuf'
import { createSimulatedPlatform, type SimulatedPlatform } from '@reinraum/attestation'
import { createLog } from '@reinraum/kit'
import { type Authority, createAuthority } from '@reinraum/pki'
import { KeyReleaseService, KeysService } from '@reinraum/proto'
import { type Client, createRpcServer, type Implementation } from '@reinraum/rpc'
import { createIdentity, type Identity } from '@reinraum/statements'
import { openServicePorts } from '@reinraum/testing'
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
  stop(): Promise<void>
}

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
  stop(): Promise<void>
}

export interface RoomOptions {
  readonly authority?: Authority
  /** address of what stands where governance would; nothing listens there unless told */
  readonly governance?: string
}

export async function startRoom({ authority = createAuthority(), governance = '127.0.0.1:1' }: RoomOptions = {}): Promise<Room> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-keys-'))
  const [platform, ...identities] = await Promise.all([
    createSimulatedPlatform({ modulusLength: 2048 }),
    ...partyNames.map(() => createIdentity()),
  ])
  const platformFile = join(folder, 'platform.json')
  await writeFile(platformFile, JSON.stringify(platform))
  const parties = Object.fromEntries(partyNames.map((name, i) => [name, identities[i]])) as Record<PartyName, Identity>
  const clock = createClock()
  const common = { folder, authority, clock, governance }
  const shared = await startKeyService({
    ...common,
    own: { keyServiceId: 'shared', custody: 'attested', attester: { kind: 'simulator', platform: platformFile } },
  })
  const airs = await startKeyService({ ...common, own: { keyServiceId: 'airs', custody: 'owner', operator: 'air' } })
  return {
    folder,
    authority,
    platform,
    clock,
    parties,
    shared,
    airs,
    async stop() {
      await Promise.all([shared.stop(), airs.stop()])
      await rm(folder, { recursive: true })
    },
  }
}

interface Start {
  readonly folder: string
  readonly authority: Authority
  readonly clock: TestClock
  readonly governance: string
  readonly own: Pick<KeysConfig, 'keyServiceId' | 'custody' | 'operator' | 'attester'> &
    Partial<Pick<KeysConfig, 'rootKey' | 'administrators'>>
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
    governance,
    log: { level: 'debug', file: join(folder, `${own.keyServiceId}.log`) },
  } satisfies KeysConfig)
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
