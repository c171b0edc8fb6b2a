import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestNats, type TestNats } from '../testing/test-nats.ts'
import { permissionsOf } from './permissions.ts'
import { provisionStreams } from './streams.ts'
import { eventSchemas, eventSubject, evidenceRequestSubject, type Noun } from './subjects.ts'

const services = ['governance', 'ingestion', 'keys/health', 'keys/labour', 'executor', 'release']
const contract = 'a'.repeat(64)

let nats: TestNats
const connections = new Map<string, NatsConnection>()

beforeAll(async () => {
  nats = await startTestNats(services)
  for (const service of services) connections.set(service, await nats.connectAs(service))
})

afterAll(async () => {
  for (const connection of connections.values()) await connection.close()
  await nats.stop()
})

/** Who may say what. Written out here so that a change of the permissions has to be meant. */
const publishers: Readonly<Record<string, readonly string[]>> = {
  governance: [
    'contract.proposed',
    'contract.activated',
    'manifest.published',
    'query.proposed',
    'query.approved',
    'query.rejected',
    'run.queued',
    'run.cancelled',
    'revocation.issued',
  ],
  ingestion: ['object.committed'],
  'keys/health': ['key.imported', 'key.released', 'key.denied'],
  'keys/labour': ['key.imported', 'key.released', 'key.denied'],
  executor: ['run.started', 'run.failed'],
  release: ['result.deposited', 'result.released', 'result.rejected'],
}

const events = (Object.keys(eventSchemas) as Noun[]).flatMap((noun) =>
  Object.keys(eventSchemas[noun]).map((verb) => `${noun}.${verb}`),
)

test.each(services)('%s publishes its own events and no other', async (service) => {
  const nc = connection(service)
  const allowed: string[] = []
  for (const event of events) {
    const [noun, verb = ''] = event.split('.')
    const refused = await publishRefused(nc, eventSubject(noun as Noun, verb, contract))
    if (!refused) allowed.push(event)
  }
  expect(allowed.toSorted()).toEqual(publishers[service]?.toSorted())
})

test.each(services)('%s subscribes to no event, no inbox but its own, and nothing of the system', async (service) => {
  const foreignInboxes = services.filter((other) => other !== service).map((other) => `_INBOX_${other.replace('/', '-')}.>`)
  for (const subject of ['>', 'reinraum.>', 'reinraum.v1.*.run.queued', '$JS.>', '$SYS.>', '_INBOX.>', ...foreignInboxes]) {
    expect(await subscribeRefused(connection(service), subject), subject).toBe(true)
  }
  expect(await subscribeRefused(connection(service), `_INBOX_${service.replace('/', '-')}.x`)).toBe(false)
})

test.each(services)('%s changes no stream and no consumer', async (service) => {
  for (const subject of [
    '$JS.API.STREAM.CREATE.MINE',
    '$JS.API.STREAM.UPDATE.EVENTS',
    '$JS.API.STREAM.DELETE.EVENTS',
    '$JS.API.STREAM.PURGE.WORK',
    '$JS.API.STREAM.MSG.DELETE.WORK',
    '$JS.API.STREAM.MSG.GET.EVENTS',
    '$JS.API.DIRECT.GET.EVENTS',
    '$JS.API.CONSUMER.CREATE.EVENTS.mine',
    '$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.mine',
    '$JS.API.CONSUMER.DELETE.EVENTS.governance',
    '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.WORK.executor',
  ]) {
    expect(await publishRefused(connection(service), subject), subject).toBe(true)
  }
})

test('a consumer is read and acknowledged by its owner only, in both forms of the acknowledgement', async () => {
  const owners: Readonly<Record<string, readonly string[]>> = {
    'EVENTS.governance': ['governance'],
    'DEAD.governance-dead': ['governance'],
    'EVENTS.keys-health': ['keys/health'],
    'EVENTS.keys-labour': ['keys/labour'],
    'WORK.executor': ['executor'],
    'EVENTS.stops-executor': ['executor'],
  }
  for (const [consumer, owner] of Object.entries(owners)) {
    const subjects = [
      `$JS.API.CONSUMER.MSG.NEXT.${consumer}`,
      `$JS.ACK.${consumer}.1.1.1.1.0`,
      `$JS.ACK._.hash.${consumer}.1.1.1.1.0.x`,
    ]
    for (const service of services) {
      for (const subject of subjects) {
        expect(await publishRefused(connection(service), subject), `${service} ${subject}`).toBe(!owner.includes(service))
      }
    }
  }
})

test('only governance asks for evidence, only executors hear it and answer, and only where answers belong', async () => {
  for (const service of services) {
    expect(await publishRefused(connection(service), evidenceRequestSubject)).toBe(service !== 'governance')
    expect(await subscribeRefused(connection(service), evidenceRequestSubject)).toBe(service !== 'executor')
    expect(await publishRefused(connection(service), '_INBOX_governance.reply.x')).toBe(service !== 'executor')
    expect(await publishRefused(connection(service), '_INBOX_governance.x')).toBe(true)
  }
})

test('the streams keep what they were given: nobody deletes a message, full refuses the new one', async () => {
  const nc = await nats.connectAs('provisioner')
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  for (const name of ['WORK', 'EVENTS', 'DEAD']) {
    const { config } = await jsm.streams.info(name)
    expect(config).toMatchObject({ deny_delete: true, deny_purge: true, discard: 'new', storage: 'file' })
  }
  const { config } = await jsm.consumers.info('WORK', 'executor')
  expect(config).toMatchObject({ ack_policy: 'explicit', max_deliver: 5 })
  await nc.close()
})

test('provisioning again changes nothing and loses nothing', async () => {
  await jetstream(connection('executor')).publish(eventSubject('run', 'started', contract), new Uint8Array())
  const nc = await nats.connectAs('provisioner')
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  const before = await jsm.streams.info('EVENTS')
  await provisionStreams(nc, services)
  const after = await jsm.streams.info('EVENTS')
  expect(after.config).toEqual(before.config)
  expect(after.state.messages).toBe(before.state.messages)
  expect(after.state.consumer_count).toBe(before.state.consumer_count)
  await nc.close()
})

test('a service that does not exist has no permissions', () => {
  expect(() => permissionsOf('operator')).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
})

test('what is published is stored in the stream that its subject belongs to', async () => {
  const governance = jetstream(connection('governance'))
  const work = await governance.publish(eventSubject('run', 'queued', contract), new Uint8Array())
  const event = await governance.publish(eventSubject('run', 'cancelled', contract), new Uint8Array())
  expect([work.stream, event.stream]).toEqual(['WORK', 'EVENTS'])
})

function connection(service: string): NatsConnection {
  const nc = connections.get(service)
  if (nc === undefined) throw new Error(service)
  return nc
}

async function publishRefused(nc: NatsConnection, subject: string): Promise<boolean> {
  return violation(nc, () => nc.publish(subject))
}

async function subscribeRefused(nc: NatsConnection, subject: string): Promise<boolean> {
  return violation(nc, () => nc.subscribe(subject, { callback: () => undefined }).unsubscribe())
}

/** The server answers a violation on the same connection before the PONG of the flush. */
async function violation(nc: NatsConnection, act: () => void): Promise<boolean> {
  const statuses = nc.status()
  let violated = false
  const watching = (async () => {
    for await (const status of statuses) {
      if (status.type === 'error') violated = true
      if (status.type === 'ping') return
    }
  })()
  act()
  await nc.flush()
  await new Promise((resolve) => setImmediate(resolve))
  ;(statuses as unknown as { stop(): void }).stop()
  await watching
  return violated
}
