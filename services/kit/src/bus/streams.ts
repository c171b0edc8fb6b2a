import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'
import { ReinraumError } from '@reinraum/crypto'
import { type ConsumerRef, consumersOf } from './consumers.ts'
import { maxEventBytes } from './event.ts'
import { eventSchemas, eventSubject, type Noun } from './subjects.ts'

const day = 24 * 3600 * 1000

/** A message that was neither acknowledged nor reported as `working` for so long (ms) goes to the next one who asks. */
export const ackWaitMs = 20_000
export const maxDeliver = 5

const workSubject = eventSubject('run', 'queued')
const eventSubjects = (Object.keys(eventSchemas) as Noun[])
  .flatMap((noun) => Object.keys(eventSchemas[noun]).map((verb) => eventSubject(noun, verb)))
  .filter((subject) => subject !== workSubject)

// Full means that the publisher's outbox keeps the event: nothing that was accepted is thrown away for something newer.
const shared = {
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  deny_delete: true,
  deny_purge: true,
  duplicate_window: nanos(2 * 60 * 1000),
  num_replicas: 1,
  max_msg_size: maxEventBytes + 4096,
} satisfies Partial<StreamConfig>

export const streamDefinitions = [
  {
    ...shared,
    name: 'WORK',
    subjects: [workSubject],
    retention: RetentionPolicy.Workqueue,
    max_age: nanos(7 * day),
    max_msgs: 100_000,
    max_bytes: 64 * 1024 * 1024,
  },
  {
    ...shared,
    name: 'EVENTS',
    subjects: eventSubjects,
    retention: RetentionPolicy.Limits,
    max_age: nanos(7 * day),
    max_msgs: 1_000_000,
    max_bytes: 256 * 1024 * 1024,
  },
  {
    ...shared,
    name: 'DEAD',
    subjects: ['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>'],
    retention: RetentionPolicy.Limits,
    max_age: nanos(30 * day),
    max_msgs: 100_000,
    max_bytes: 16 * 1024 * 1024,
  },
] as const satisfies readonly (Partial<StreamConfig> & { readonly name: string })[]

/** The stream that keeps an event of ours. */
export function streamOf(subject: string): 'WORK' | 'EVENTS' {
  return subject.endsWith('.run.queued') ? 'WORK' : 'EVENTS'
}

/**
 * Creates or updates the streams, and the durable consumers of the services named by their ids. Idempotent; run by a user
 * with the permissions of `provisioner` before the services start.
 * @param options `ackWaitMs`: 20 s unless told; receivers say every 5 s that they are at work
 * @throws ReinraumError `unsupported` when the server is older than 2.10
 */
export async function provisionStreams(
  nc: NatsConnection,
  serviceIds: readonly string[],
  options: { readonly ackWaitMs?: number } = {},
): Promise<void> {
  requireVersion(nc.info?.version ?? '0.0.0')
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  for (const definition of streamDefinitions) await provisionStream(jsm, { ...definition, subjects: [...definition.subjects] })
  const consumers = new Map(
    serviceIds.flatMap(consumersOf).map((consumer) => [`${consumer.stream}.${consumer.durable}`, consumer]),
  )
  for (const consumer of consumers.values()) await provisionConsumer(jsm, consumer, options.ackWaitMs ?? ackWaitMs)
}

function requireVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  // 2.10 brought several filter subjects per consumer and `sync_interval: always`.
  if (major < 2 || (major === 2 && minor < 10)) {
    throw new ReinraumError('unsupported', `nats-server ${version} is too old: 2.10 or newer is needed`)
  }
}

async function provisionStream(jsm: JetStreamManager, definition: Partial<StreamConfig> & { name: string }): Promise<void> {
  if (await exists(() => jsm.streams.info(definition.name))) await jsm.streams.update(definition.name, definition)
  else await jsm.streams.add(definition)
}

async function provisionConsumer(jsm: JetStreamManager, { stream, durable, filter }: ConsumerRef, waitMs: number): Promise<void> {
  const config: Partial<ConsumerConfig> = {
    durable_name: durable,
    filter_subjects: [...filter],
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(waitMs),
    deliver_policy: DeliverPolicy.All,
    // Unlimited unless told; the delay between deliveries is the consumer's own (`nak`), because BackOff does not apply to it.
    max_deliver: maxDeliver,
    max_ack_pending: 256,
  }
  if (await exists(() => jsm.consumers.info(stream, durable))) await jsm.consumers.update(stream, durable, config)
  else await jsm.consumers.add(stream, config)
}

async function exists(info: () => Promise<unknown>): Promise<boolean> {
  try {
    await info()
    return true
  } catch (error) {
    if (error instanceof Error && /not found/.test(error.message)) return false
    throw error
  }
}
