import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import { ReinraumError } from '@reinraum/crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { Bus } from '../bus/bus.ts'
import { connectBus } from '../bus/connect-bus.ts'
import { governanceConsumers } from '../bus/consumers.ts'
import type { OutgoingEvent } from '../bus/event.ts'
import type { Migration } from '../store/migrations.ts'
import { openStore, type Store } from '../store/store.ts'
import { runEvent, someContract } from '../testing/test-events.ts'
import { testLog } from '../testing/test-log.ts'
import { startTestNats, type TestNats } from '../testing/test-nats.ts'
import { inboxMigration, receiveOnce } from './inbox.ts'
import { enqueue, outboxMigration } from './outbox.ts'
import { startOutboxRelay } from './relay.ts'

interface Tables {
  effect: { id: string }
}

const effects: Migration = {
  name: 'effect-1',
  async up(db) {
    await sql`create table effect (id text not null)`.execute(db)
  },
}

async function freshStore(): Promise<Store<Tables>> {
  const folder = mkdtempSync(join(tmpdir(), 'reinraum-outbox-'))
  const store = await openStore<Tables>(join(folder, 'store.db'), [outboxMigration, inboxMigration, effects])
  onTestFinished(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return store
}

const record = (id: string) => (trx: Parameters<Parameters<Store<Tables>['transaction']>[0]>[0]) =>
  trx
    .insertInto('effect')
    .values({ id })
    .execute()
    .then(() => undefined)
const effectsIn = async (store: Store<Tables>) =>
  (await store.db.selectFrom('effect').select('id').execute()).map((row) => row.id)
const waiting = async (store: Store<Tables>) => (await sql`select id from outbox`.execute(store.db)).rows.length

/** A bus that remembers what it was given; the real one is used below where the server matters. */
function recordingBus(publish: (event: OutgoingEvent) => Promise<void> = async () => undefined) {
  const sent: string[] = []
  return {
    sent,
    publish: async (event: OutgoingEvent) => {
      await publish(event)
      sent.push(event.id)
    },
  }
}

function relaying(store: Store<Tables>, bus: Pick<Bus, 'publish'>) {
  const relay = startOutboxRelay(store, bus, testLog().log)
  onTestFinished(() => relay.stop())
  return relay
}

test('an event is sent if and only if the state it speaks of was committed', async () => {
  const store = await freshStore()
  const bus = recordingBus()
  relaying(store, bus)
  const rolledBack = store.transaction(async (trx) => {
    await enqueue(trx, runEvent('started'))
    throw new Error('no')
  })
  await expect(rolledBack).rejects.toThrow('no')
  const event = runEvent('failed')
  await store.transaction(async (trx) => {
    await record('x')(trx)
    await enqueue(trx, event)
  })
  await expect.poll(() => bus.sent).toEqual([event.id])
  await expect.poll(() => waiting(store)).toBe(0)
})

test('a commit wakes the relay: nobody waits for its clock', async () => {
  // which stands still
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const store = await freshStore()
  const published = Promise.withResolvers<void>()
  relaying(
    store,
    recordingBus(async () => published.resolve()),
  )
  // until it has looked and waits
  await expect.poll(() => vi.getTimerCount()).toBeGreaterThan(0)
  await store.transaction((trx) => enqueue(trx, runEvent('started')))
  await published.promise
})

test('events are sent in the order in which they were committed, even when sending fails in between', async () => {
  const store = await freshStore()
  const events = Array.from({ length: 5 }, () => runEvent('started'))
  for (const event of events) await store.transaction((trx) => enqueue(trx, event))
  let failures = 2
  const bus = recordingBus(async ({ id }) => {
    if (id === events[2]?.id && failures-- > 0) throw new ReinraumError('unavailable', 'not now')
  })
  relaying(store, bus)
  await expect.poll(() => bus.sent).toEqual(events.map(({ id }) => id))
})

test('every event is sent once, and none stays: neither among many, nor when the relay stops at once', async () => {
  const store = await freshStore()
  const bus = recordingBus()
  const relay = relaying(store, bus)
  const events = Array.from({ length: 40 }, () => runEvent('started'))
  for (const event of events) await store.transaction((trx) => enqueue(trx, event))
  await expect.poll(() => bus.sent).toHaveLength(40)
  await relay.stop()
  expect(await waiting(store)).toBe(0)
  expect(bus.sent).toEqual(events.map(({ id }) => id))
})

test('what was sent is removed together: not one commit for each event', async () => {
  const store = await freshStore()
  for (let i = 0; i < 20; i++) await store.transaction((trx) => enqueue(trx, runEvent('started')))
  const left: number[] = []
  relaying(
    store,
    recordingBus(async () => void left.push(await waiting(store))),
  )
  await expect.poll(() => waiting(store)).toBe(0)
  expect(left).toEqual([...Array(16).fill(20), ...Array(4).fill(4)])
})

test('an event that does not fit its subject does not get into the outbox', async () => {
  const store = await freshStore()
  const { body } = runEvent('started')
  const other = `reinraum.v1.${'c'.repeat(64)}.run.started`
  for (const event of [
    { subject: other, body },
    { subject: 'reinraum.v1.x.run.started', body },
    { subject: runEvent('started').subject, body: new Uint8Array([255]) },
    { subject: runEvent('started').subject.replace('started', 'exploded'), body },
    { ...runEvent('started'), id: 'a b' },
  ]) {
    await expect(store.transaction((trx) => enqueue(trx, event))).rejects.toMatchObject({ name: 'ReinraumError' })
  }
  expect(await waiting(store)).toBe(0)
})

test('a message has its effect once, however often it comes, also at the same time', async () => {
  const store = await freshStore()
  const results = await Promise.all(Array.from({ length: 5 }, () => receiveOnce(store, 'm', record('m'))))
  expect(results.filter(Boolean)).toHaveLength(1)
  expect(await effectsIn(store)).toEqual(['m'])
})

test('a message whose effect failed was not received', async () => {
  const store = await freshStore()
  const failing = receiveOnce(store, 'm', async (trx) => {
    await record('m')(trx)
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await receiveOnce(store, 'm', record('m'))).toBe(true)
  expect(await effectsIn(store)).toEqual(['m'])
})

let nats: TestNats
beforeAll(async () => {
  nats = await startTestNats(['governance', 'executor'])
})
afterAll(() => nats.stop())

async function busOf(service: string): Promise<Bus> {
  const bus = await connectBus(nats.config(service), testLog().log)
  onTestFinished(() => bus.close())
  return bus
}

test('a crash between sending and noting it sends again, with one effect at the consumer', async () => {
  const sender = await freshStore()
  const receiver = await freshStore()
  const bus = await busOf('executor')
  const event = runEvent('started')
  await sender.transaction((trx) => enqueue(trx, event))

  // The stream has the event, the sender dies before it knows.
  let sent = 0
  const crashing = startOutboxRelay(
    sender,
    {
      async publish(outgoing) {
        await bus.publish(outgoing)
        sent++
        throw new Error('crash')
      },
    },
    testLog().log,
  )
  await expect.poll(() => sent).toBeGreaterThan(0)
  await crashing.stop()
  expect(await waiting(sender)).toBe(1)

  // So that the stream's own deduplication is not what saves us, the second copy has another Nats-Msg-Id there.
  const nc = await nats.connectAs('executor')
  const copy = headers()
  copy.set('ce-id', event.id)
  copy.set('ce-time', event.time.toISOString())
  await jetstream(nc).publish(event.subject, event.body, { headers: copy, msgID: 'another' })
  await nc.close()
  relaying(sender, bus)
  await expect.poll(() => waiting(sender)).toBe(0)

  let deliveries = 0
  const governance = await busOf('governance')
  const subscription = await governance.consume({
    ...governanceConsumers.events,
    async handle({ id }) {
      deliveries++
      await receiveOnce(receiver, id, record(id))
    },
  })
  onTestFinished(() => subscription.stop())
  await expect.poll(() => deliveries).toBe(2)
  expect(await effectsIn(receiver)).toEqual([event.id])
})

test('a consumer that dies between its effect and the acknowledgement has the effect once', { timeout: 60_000 }, async () => {
  const receiver = await freshStore()
  const bus = await busOf('executor')
  const governance = await busOf('governance')
  const event = runEvent('failed')
  await bus.publish(event)
  let deliveries = 0
  const consume = () =>
    governance.consume({
      ...governanceConsumers.events,
      redeliveryDelaysMs: [50],
      async handle({ id, contractId }) {
        expect(contractId).toBe(someContract)
        await receiveOnce(receiver, id, record(id))
        if (id === event.id && ++deliveries === 1) throw new Error('crash before the acknowledgement')
      },
    })
  const subscription = await consume()
  onTestFinished(() => subscription.stop())
  await expect.poll(() => deliveries).toBe(2)
  expect((await effectsIn(receiver)).filter((id) => id === event.id)).toEqual([event.id])
})
