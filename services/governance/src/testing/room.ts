import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ErrorCode, isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { Bus } from '@reinraum/kit'
import { createAuthority } from '@reinraum/pki'
import { GovernanceService, RunDirectoryService } from '@reinraum/proto'
import { type Client, createRpcClient, createRpcServer } from '@reinraum/rpc'
import { createIdentity, createRequestToken, type Identity } from '@reinraum/statements'
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
  const authority = createAuthority()
  const ports = portsOf(governance)
  const tls = authority.issue('127.0.0.1', 'spiffe://reinraum/governance')
  const common = { address: '127.0.0.1:0', tls, name: 'governance', graceMs: 100 }
  const parties = await createRpcServer({ ...common, ...ports.parties, audience: 'parties' })
  const services = await createRpcServer({ ...common, ...ports.services, audience: 'services' })
  const opened: { close(): void }[] = []
  const keep = <T extends { close(): void }>(client: T): T => {
    opened.push(client)
    return client
  }
  const clients = made.map(([name, identity]) => {
    const token = (method: string, body?: Uint8Array) => createRequestToken(identity, { audience: 'governance', method, body })
    const address = `127.0.0.1:${parties.port}`
    return [name, keep(createRpcClient(GovernanceService, { address, tls: { ca: authority.ca }, token }))] as const
  })
  return {
    governance,
    identities,
    as: Object.fromEntries(clients) as Record<Party, Client<typeof GovernanceService>>,
    service: (id) =>
      keep(
        createRpcClient(RunDirectoryService, {
          address: `127.0.0.1:${services.port}`,
          tls: authority.issue(`spiffe://reinraum/${id}`),
        }),
      ),
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
      for (const client of opened) client.close()
      await Promise.all([parties.stop(), services.stop()])
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function nobodyAnswers(): Promise<Uint8Array> {
  throw new ReinraumError('unavailable', 'nobody answers')
}

/** The code that the step is refused with. A step that succeeds, or that fails in any other way, fails the test. */
export async function refusalOf(step: Promise<unknown>): Promise<ErrorCode> {
  try {
    await step
  } catch (error) {
    if (isReinraumError(error)) return error.code
    throw error
  }
  throw new Error('the step was not refused')
}
