import type { ConsumerRef } from './consumers.ts'
import type { EventRecord, OutgoingEvent } from './event.ts'

/** The part of a service's configuration that the bus needs. */
export interface BusConfig {
  readonly id: string
  readonly nats: { readonly servers: string; readonly seed: string; readonly ca: string; readonly inbox: string }
}

/** What a handler may say and know about the message it has. */
export interface Delivery {
  /** Says that the work goes on; to be called more often than every 20 s, or someone else gets the message. */
  working(): void
  /** 1 for the first delivery */
  readonly attempt: number
  /** Aborted when the subscription stops. */
  readonly signal: AbortSignal
}

export interface ConsumeOptions extends ConsumerRef {
  /** messages handled at once, 1 unless told: then they are handled in order */
  readonly concurrency?: number
  /** ms before the second, third, … delivery of what could not be handled; about 45 s in all unless told */
  readonly redeliveryDelaysMs?: readonly number[]
  /**
   * Has its effect, then returns: the message is acknowledged. Throwing has it delivered again, later each time, five
   * times in all. The same event may come more than once: `receiveOnce` makes its effect happen once. From the stream
   * DEAD comes the event that could not be handled, with an id of its own.
   */
  handle(event: EventRecord, delivery: Delivery): Promise<void>
}

export interface Subscription {
  /** Takes no new message and waits for those being handled. */
  stop(): Promise<void>
}

export interface Bus {
  /**
   * Resolves when the stream has stored the event, or had it already.
   * @throws ReinraumError `unavailable`, `permission-denied`
   */
  publish(event: OutgoingEvent): Promise<void>
  /** @throws ReinraumError `not-found` when the consumer was not provisioned, `conflict` when its filter is another */
  consume(options: ConsumeOptions): Promise<Subscription>
  /**
   * A core NATS request, answered by whoever serves the subject first.
   * @throws ReinraumError `unavailable` when nobody does in time; `resource-exhausted` when request or answer is larger than
   * NATS carries; else the code that the other side answered with
   */
  request(subject: string, body: Uint8Array, options?: { readonly timeoutMs?: number }): Promise<Uint8Array>
  /** Answers core NATS requests. A `ReinraumError` goes back with its code; of anything else, that it failed. */
  reply(subject: string, handle: (body: Uint8Array) => Promise<Uint8Array>, options?: { readonly queue?: string }): Subscription
  /** Stops every subscription, then closes the connection. */
  close(): Promise<void>
}
