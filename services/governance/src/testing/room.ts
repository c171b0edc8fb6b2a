import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'
import type { Bus } from '@reinraum/kit'
import { createAuthority } from '@reinraum/pki'
import { GovernanceService, RunDirectoryService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'
import { createIdentity, type Identity } from '@reinraum/statements'
import { openServicePorts } from '@reinraum/testing'
import { sql } from 'kysely'
import type { Governance } from '../governance.ts'
import { createRunWatch } from '../run-watch.ts'
import { portsOf } from '../service.ts'
import { openGovernanceStore } from '../store.ts'

export const partyNames = ['air', 'bird', 'analyst', 'stranger'] as const
export type Party = (typeof partyNames)[number]

/** Governance on real ports over a store of its own; without a bus, so what it would send stays in the outbox. */
export interface Room {
  readonly governance: Governance
  readonly identities: Readonly<Record<Party, Identity>>
  readonly as: Readonly<Record<Party, Client<typeof GovernanceService>>>
  /** a service with this id, by its certificate */
  service(id: string): Client<typeof RunDirectoryService>
  /** What stands in the outbox, as `noun.verb`, oldest first. */
  events(): Promise<readonly string[]>
  /** Moves the clock of governance by so many ms. Request tokens go by real time. */
  moveClock(ms: number): void
  /** What the next request over the bus is answered with. */
  answerWith(answer: () => Promise<Uint8Array>): void
  stop(): Promise<void>
}

export async function startRoom(): Promise<Room> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-governance-'))
  const store = await openGovernanceStore(join(folder, 'governance.sqlite'))
  const made = await Promise.all(partyNames.map(async (name) => [name, await createIdentity()] as const))
  const identities = Object.fromEntries(made) as Record<Party, Identity>
  let offset = 0
  let answer = nobodyAnswers
  const bus = { request: () => answer() } as unknown as Bus
  const governance: Governance = { store, bus, watch: createRunWatch(), now: () => new Date(Date.now() + offset) }
  const ports = await openServicePorts({
    id: 'governance',
    authority: createAuthority(),
    ports: portsOf(governance),
    called: { parties: GovernanceService, services: RunDirectoryService },
  })
  const clients = made.map(([name, identity]) => [name, ports.party(identity)] as const)
  return {
    governance,
    identities,
    as: Object.fromEntries(clients) as Record<Party, Client<typeof GovernanceService>>,
    service: ports.service,
    async events() {
      const { rows } = await sql<{ subject: string }>`select subject from outbox order by sequence`.execute(store.db)
      return rows.map(({ subject }) => subject.split('.').slice(-2).join('.'))
    },
    moveClock(ms) {
      offset += ms
    },
    answerWith(next) {
      answer = next
    },
    async stop() {
      await ports.stop()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function nobodyAnswers(): Promise<Uint8Array> {
  throw new ReinraumError('unavailable', 'nobody answers')
}
