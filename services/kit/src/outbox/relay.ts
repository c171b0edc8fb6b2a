import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Bus } from '../bus/bus.ts'
import { eventFrom } from '../bus/event.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/store.ts'

export interface OutboxRelay {
  /** Looks at once; every commit of the store does that by itself. */
  wake(): void
  /** Ends after the event that is being sent. What is left is sent after the next start. */
  stop(): Promise<void>
}

const batchSize = 64
const pollMs = 1_000
const longestPauseMs = 5_000

/**
 * Sends the outbox in order, and removes an event only when the stream has confirmed it. A crash in between sends it
 * again with the same id, which the stream or the receiver's inbox recognises.
 */
export function startOutboxRelay<DB>(store: Store<DB>, bus: Pick<Bus, 'publish'>, log: Log): OutboxRelay {
  const stopping = new AbortController()
  let bell = Promise.withResolvers<void>()
  const wake = () => bell.resolve()
  const stopListening = store.onCommit(wake)
  const loop = run()

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      const rung = bell.promise
      try {
        await sendAll(store, bus, stopping.signal)
        failures = 0
        await untilRung(rung, stopping.signal)
        bell = Promise.withResolvers<void>()
      } catch (error) {
        log.warn({ err: error }, 'events wait in the outbox')
        await pause(Math.min(longestPauseMs, 100 * 2 ** failures++), stopping.signal)
      }
    }
  }

  return {
    wake,
    async stop() {
      stopListening()
      stopping.abort()
      await loop
    },
  }
}

async function sendAll<DB>(store: Store<DB>, bus: Pick<Bus, 'publish'>, stopping: AbortSignal): Promise<void> {
  for (;;) {
    const rows = await waiting(store)
    for (const row of rows) {
      if (stopping.aborted) return
      await bus.publish(eventFrom({ id: row.id, subject: row.subject, body: row.body, time: new Date(row.time) }))
      await sql`delete from outbox where sequence = ${row.sequence}`.execute(store.db)
    }
    if (rows.length < batchSize) return
  }
}

interface OutboxRow {
  readonly sequence: number
  readonly id: string
  readonly subject: string
  readonly body: Uint8Array
  readonly time: number
}

async function waiting<DB>(store: Store<DB>): Promise<readonly OutboxRow[]> {
  const { rows } = await sql<OutboxRow>`select * from outbox order by sequence limit ${batchSize}`.execute(store.db)
  return rows
}

/** Ends when the bell rings, and now and then by itself: an event may have been left over from before a start. */
async function untilRung(rung: Promise<void>, stopping: AbortSignal): Promise<void> {
  const over = new AbortController()
  await Promise.race([rung, pause(pollMs, AbortSignal.any([stopping, over.signal]))])
  over.abort()
}

function pause(ms: number, stopping: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal: stopping }).catch(() => undefined)
}
