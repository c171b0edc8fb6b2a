import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { jetstream } from '@nats-io/jetstream'
import { createUser } from '@nats-io/nkeys'
import { headers } from '@nats-io/transport-node'
import { ReinraumError } from '@reinraum/crypto'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { runEvent } from '../testing/test-events.ts'
import { testLog } from '../testing/test-log.ts'
import { startTestNats, type TestNats } from '../testing/test-nats.ts'
import type { Bus, Delivery } from './bus.ts'
import { connectBus } from './connect-bus.ts'
import { executorConsumers, governanceConsumers, keysConsumers } from './consumers.ts'
import type { EventRecord } from './event.ts'
import { eventSubject, evidenceRequestSubject } from './subjects.ts'

let nats: TestNats

beforeAll(async () => {
  nats = await startTestNats(['governance', 'ingestion', 'keys/health', 'executor', 'release'])
})

afterAll(() => nats.stop())

async function busOf(service: string): Promise<Bus> {
  const bus = await connectBus(nats.config(service), testLog().log)
  onTestFinished(() => bus.close())
  return bus
}

/** Consumes until the test ends, and gives the events as they come. */
async function consuming(bus: Bus, handle: (event: EventRecord, delivery: Delivery) => Promise<void> = async () => undefined) {
  const events: EventRecord[] = []
  const subscription = await bus.consume({
    ...governanceConsumers.events,
    async handle(event, delivery) {
      events.push(event)
      await handle(event, delivery)
    },
  })
  onTestFinished(() => subscription.stop())
  return { events, subscription }
}

test('an event arrives as it was sent, once', async () => {
  const governance = await busOf('governance')
  const release = await busOf('release')
  const { events } = await consuming(governance)
  const sent = runEvent('released', { noun: 'result' })
  await release.publish(sent)
  await release.publish(sent)
  await expect.poll(() => events).toHaveLength(1)
  await sleep(300)
  expect({ ...events[0], body: undefined }).toEqual({ ...sent, body: undefined })
  expect(Buffer.from(events[0]?.body ?? [])).toEqual(Buffer.from(sent.body))
})

test('an event of another service is refused, at once and for good', async () => {
  const release = await busOf('release')
  await expect(release.publish(runEvent('queued'))).rejects.toMatchObject({ code: 'permission-denied' })
})

test('a consumer of another service cannot be read', async () => {
  const release = await busOf('release')
  const handle = async () => undefined
  await expect(release.consume({ ...governanceConsumers.events, handle })).rejects.toMatchObject({ code: 'permission-denied' })
})

test('a consumer whose subjects are not those provisioned is not read', async () => {
  const keys = await busOf('keys/health')
  const consumer = { ...keysConsumers('keys/health').revocations, filter: [eventSubject('run', 'queued')] }
  await expect(keys.consume({ ...consumer, handle: async () => undefined })).rejects.toMatchObject({ code: 'conflict' })
})

test('what failed is delivered again, later, until it succeeds', async () => {
  const governance = await busOf('governance')
  const release = await busOf('release')
  const attempts: number[] = []
  const { events } = await consuming(governance, async (_event, { attempt }) => {
    attempts.push(attempt)
    if (attempt === 1) throw new ReinraumError('unavailable', 'not now')
  })
  await release.publish(runEvent('rejected', { noun: 'result' }))
  await expect.poll(() => attempts).toEqual([1, 2])
  expect(events[0]?.id).toBe(events[1]?.id)
})

test('events are handled in order, one at a time', async () => {
  const governance = await busOf('governance')
  const executor = await busOf('executor')
  let running = 0
  const { events } = await consuming(governance, async () => {
    running++
    expect(running).toBe(1)
    await sleep(20)
    running--
  })
  const sent = Array.from({ length: 10 }, () => runEvent('started'))
  for (const event of sent) await executor.publish(event)
  await expect.poll(() => events.map((event) => event.id)).toEqual(sent.map((event) => event.id))
})

test('a message that cannot be read is ended and does not hold up the next', async () => {
  const { log, lines } = testLog()
  const bus = await connectBus(nats.config('governance'), log)
  onTestFinished(() => bus.close())
  const { events } = await consuming(bus)
  const nc = await nats.connectAs('executor')
  const js = jetstream(nc)
  const good = runEvent('failed')
  const withHeaders = (id: string, time = new Date().toISOString()) => {
    const h = headers()
    h.set('ce-id', id)
    h.set('ce-time', time)
    return { headers: h }
  }
  await js.publish(good.subject, new Uint8Array([255, 255]), withHeaders('a'))
  await js.publish(good.subject, good.body)
  await js.publish(good.subject, good.body, withHeaders('../x'))
  await js.publish(good.subject, good.body, withHeaders('b', 'yesterday'))
  await js.publish(eventSubject('run', 'failed', 'c'.repeat(64)), good.body, withHeaders('c'))
  await js.publish('reinraum.v1.nobody.run.failed', good.body, withHeaders('d'))
  await (await busOf('executor')).publish(good)
  await nc.close()
  await expect.poll(() => events.map((event) => event.id)).toEqual([good.id])
  expect(lines.filter((line) => line.msg === 'a message could not be read')).toHaveLength(6)
})

test('work that fails five times comes to governance as a dead letter', async () => {
  const governance = await busOf('governance')
  const executor = await busOf('executor')
  let attempts = 0
  const work = await executor.consume({
    ...executorConsumers('executor').work,
    redeliveryDelaysMs: [10],
    async handle() {
      attempts++
      throw new Error('canary')
    },
  })
  onTestFinished(() => work.stop())
  const dead: EventRecord[] = []
  const deadLetters = await governance.consume({
    ...governanceConsumers.dead,
    async handle(event) {
      dead.push(event)
    },
  })
  onTestFinished(() => deadLetters.stop())
  const queued = runEvent('queued')
  await governance.publish(queued)
  await expect.poll(() => dead).toHaveLength(1)
  expect(attempts).toBe(5)
  expect(dead[0]).toMatchObject({ id: `dead/executor/${queued.id}`, noun: 'run', verb: 'queued', contractId: queued.contractId })
})

/** Waits until the server knows of whoever answers: until then it says that nobody is there. */
async function heard(ask: () => Promise<Uint8Array>): Promise<void> {
  const answered = () =>
    ask().then(
      () => true,
      () => false,
    )
  await expect.poll(answered).toBe(true)
}

test('governance asks, an executor answers; a refusal has its code, silence is `unavailable`', async () => {
  const governance = await busOf('governance')
  const executor = await busOf('executor')
  const ask = (body: Uint8Array) => governance.request(evidenceRequestSubject, body, { timeoutMs: 1_000 })
  await expect(ask(new Uint8Array([1]))).rejects.toMatchObject({ code: 'unavailable' })
  const answering = executor.reply(
    evidenceRequestSubject,
    async (body) => {
      if (body[0] === 1) throw new ReinraumError('conflict', 'canary')
      if (body[0] === 2) throw new Error('canary')
      return new Uint8Array([...body, 9])
    },
    { queue: 'executors' },
  )
  await heard(() => ask(new Uint8Array([7])))
  expect([...(await ask(new Uint8Array([7])))]).toEqual([7, 9])
  await expect(ask(new Uint8Array([1]))).rejects.toMatchObject({
    code: 'conflict',
    message: expect.not.stringContaining('canary'),
  })
  await expect(ask(new Uint8Array([2]))).rejects.toMatchObject({ code: 'internal' })
  await answering.stop()
  await expect(ask(new Uint8Array([7]))).rejects.toMatchObject({ code: 'unavailable' })
})

test('a request or an answer that is larger than the server takes is said to be, and the connection stays', async () => {
  const governance = await busOf('governance')
  const executor = await busOf('executor')
  const limit = 1024 * 1024
  const ask = (body: Uint8Array) => governance.request(evidenceRequestSubject, body, { timeoutMs: 5_000 })
  const sizes = [0, limit, limit + 1, 1]
  executor.reply(evidenceRequestSubject, async () => new Uint8Array(sizes.shift() ?? 0), { queue: 'executors' })
  await heard(() => ask(new Uint8Array(1)))
  expect(await ask(new Uint8Array(limit))).toHaveLength(limit)
  await expect(ask(new Uint8Array(1))).rejects.toMatchObject({ code: 'resource-exhausted' })
  await expect(ask(new Uint8Array(limit + 1))).rejects.toMatchObject({ code: 'resource-exhausted' })
  expect(await ask(new Uint8Array(1))).toHaveLength(1)
})

test('a server that is killed and comes back is found again, and has lost nothing', { timeout: 60_000 }, async () => {
  const governance = await busOf('governance')
  const release = await busOf('release')
  const { events } = await consuming(governance)
  const before = runEvent('deposited', { noun: 'result' })
  await release.publish(before)
  await expect.poll(() => events.map((event) => event.id)).toContain(before.id)
  await nats.kill()
  await expect(release.publish(runEvent('deposited', { noun: 'result' }))).rejects.toMatchObject({ code: 'unavailable' })
  await nats.restart()
  const after = runEvent('deposited', { noun: 'result' })
  await expect
    .poll(() =>
      release.publish(after).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true)
  await expect.poll(() => events.map((event) => event.id)).toContain(after.id)
})

test('a credential that the server does not know is refused at once', async () => {
  const { nats: of } = nats.config('release')
  const seed = `${of.seed}.stranger`
  writeFileSync(seed, Buffer.from(createUser().getSeed()))
  await expect(connectBus({ id: 'release', nats: { ...of, seed } }, testLog().log)).rejects.toMatchObject({
    code: 'permission-denied',
  })
})

test('stopping waits for the message being handled, and tells its handler', async () => {
  const governance = await busOf('governance')
  const release = await busOf('release')
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  let finished = false
  const { subscription } = await consuming(governance, async (_event, { signal }) => {
    begin()
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    await sleep(100)
    finished = true
  })
  await release.publish(runEvent('deposited', { noun: 'result' }))
  await begun
  await subscription.stop()
  expect(finished).toBe(true)
})
