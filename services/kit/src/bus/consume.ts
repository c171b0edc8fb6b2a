import { setTimeout as sleep } from 'node:timers/promises'
import { type Consumer, type ConsumerMessages, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { Log } from '../log.ts'
import type { ConsumeOptions, Subscription } from './bus.ts'
import { type DeadLetterReader, deadLetterReader } from './dead-letters.ts'
import { type EventRecord, readMessage } from './event.ts'
import { asBusError } from './nats-error.ts'
import { maxDeliver } from './streams.ts'

const redeliveryDelays = [1_000, 3_000, 10_000, 30_000]
const pullMs = 10_000

/** Pulls one message at a time per worker, so none waits in this process while its acknowledgement is due. */
export async function startConsuming(nc: NatsConnection, options: ConsumeOptions, log: Log): Promise<Subscription> {
  const consumer = await provisionedConsumer(nc, options)
  const dead = options.stream === 'DEAD' ? deadLetterReader(await jetstreamManager(nc, { checkAPI: false })) : undefined
  const stopping = new AbortController()
  const context = { nc, consumer, options, log, dead, stopping: stopping.signal }
  const workers = Array.from({ length: options.concurrency ?? 1 }, () => work(context))
  return {
    async stop() {
      stopping.abort(new ReinraumError('unavailable', 'the service is stopping'))
      await Promise.all(workers)
    },
  }
}

interface Context {
  readonly nc: NatsConnection
  readonly consumer: Consumer
  readonly options: ConsumeOptions
  readonly log: Log
  readonly dead: DeadLetterReader | undefined
  readonly stopping: AbortSignal
}

async function provisionedConsumer(nc: NatsConnection, { stream, durable, filter }: ConsumeOptions): Promise<Consumer> {
  let consumer: Consumer
  try {
    consumer = await jetstream(nc).consumers.get(stream, durable)
  } catch (error) {
    if (error instanceof Error && /not found/.test(error.message)) {
      throw new ReinraumError('not-found', `consumer ${durable} of ${stream} was not provisioned`, { cause: error })
    }
    throw asBusError(error, `consumer ${durable} of ${stream} is not reachable`)
  }
  const { config } = await consumer.info(true)
  const provisioned = config.filter_subjects ?? [config.filter_subject ?? '']
  if (provisioned.toSorted().join() !== filter.toSorted().join()) {
    throw new ReinraumError('conflict', `consumer ${durable} of ${stream} was provisioned for other subjects`)
  }
  return consumer
}

async function work(context: Context): Promise<void> {
  const { consumer, stopping, log, options } = context
  let failures = 0
  while (!stopping.aborted && !context.nc.isClosed()) {
    try {
      await pullOnce(consumer, stopping, (message) => deliver(message, context))
      failures = 0
    } catch (error) {
      if (stopping.aborted) return
      log.warn({ err: error, consumer: options.durable }, 'waiting for the stream')
      await sleep(Math.min(5_000, 100 * 2 ** failures++), undefined, { signal: stopping }).catch(() => undefined)
    }
  }
}

async function pullOnce(consumer: Consumer, stopping: AbortSignal, handle: (message: JsMsg) => Promise<void>): Promise<void> {
  const messages: ConsumerMessages = await consumer.fetch({ max_messages: 1, expires: pullMs })
  const stop = () => messages.stop()
  stopping.addEventListener('abort', stop, { once: true })
  try {
    if (stopping.aborted) stop()
    for await (const message of messages) await handle(message)
  } finally {
    stopping.removeEventListener('abort', stop)
  }
}

async function deliver(message: JsMsg, context: Context): Promise<void> {
  const { options, log, stopping } = context
  const about = { consumer: options.durable, sequence: message.seq, attempt: message.info.deliveryCount }
  const event = await decoded(message, context, about)
  if (event === undefined) return
  try {
    await options.handle(event, { working: () => message.working(), attempt: message.info.deliveryCount, signal: stopping })
  } catch (error) {
    const delay = delayAfter(message.info.deliveryCount, options.redeliveryDelaysMs ?? redeliveryDelays)
    log.warn({ err: error, ...about, event: event.id, delay }, 'an event could not be handled')
    message.nak(delay)
    return
  }
  try {
    if (!(await message.ackAck())) log.warn({ ...about, event: event.id }, 'an acknowledgement was not confirmed')
  } catch (error) {
    // The effect is recorded; the event comes again and has none.
    log.warn({ err: error, ...about, event: event.id }, 'an acknowledgement was not confirmed')
  }
}

/** The server notices that there were enough deliveries when it would make the next one: that is not waited for. */
function delayAfter(attempt: number, delays: readonly number[]): number {
  return attempt >= maxDeliver ? 0 : (delays[Math.min(attempt, delays.length) - 1] ?? 1_000)
}

/** The event in a message. One that can never be read is ended, so it does not come back and hold up the others. */
async function decoded(message: JsMsg, { dead, log }: Context, about: object): Promise<EventRecord | undefined> {
  try {
    const event = dead === undefined ? readMessage(message) : await dead(message)
    if (event === undefined) message.ack()
    return event
  } catch (error) {
    log.error({ err: error, ...about }, 'a message could not be read')
    if (isReinraumError(error) && error.code !== 'unavailable') message.term()
    else message.nak(redeliveryDelays[0])
    return undefined
  }
}
