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
/** So many events that were sent are removed at once: each removal is a commit, and waits for the disk. */
const removedAtOnce = 16
/** After so many ms without a commit they are removed however few they are. */
const quietMs = 50
const pollMs = 1_000
const longestPauseMs = 5_000

/**
 * Sends the outbox in order, and removes an event only when the stream has confirmed it. A crash in between sends up to
 * `removedAtOnce` again with the same ids, which the stream or the receiver's inbox recognises.
 */
export function startOutboxRelay<DB>(store: Store<DB>, bus: Pick<Bus, 'publish'>, log: Log): OutboxRelay {
  const stopping = new AbortController()
  let bell = Promise.withResolvers<void>()
  const wake = () => bell.resolve()
  const stopListening = store.onCommit(wake)
  /** ids of events that the stream has confirmed and that are still in the table */
  const sent = new Set<string>()
  const loop = run()

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      const rung = bell.promise
      try {
        await sendAll(store, bus, sent, stopping.signal)
        failures = 0
        // An event may have been left over from before a start: now and then it looks unasked.
        const quiet = await staysQuiet(rung, sent.size > 0 ? quietMs : pollMs)
        if (quiet) await removeSent(store, sent)
        bell = Promise.withResolvers<void>()
      } catch (error) {
        log.warn({ err: error }, 'events wait in the outbox')
        await pause(Math.min(longestPauseMs, 100 * 2 ** failures++), stopping.signal)
      }
    }
    await removeSent(store, sent).catch((error: unknown) => log.warn({ err: error }, 'events that were sent stay in the outbox'))
  }

  return {
    wake,
    async stop() {
      stopListening()
      stopping.abort()
      wake()
      await loop
    },
  }
}

async function sendAll<DB>(store: Store<DB>, bus: Pick<Bus, 'publish'>, sent: Set<string>, stopping: AbortSignal): Promise<void> {
  for (;;) {
    const rows = (await oldest(store, batchSize + sent.size)).filter(({ id }) => !sent.has(id))
    for (const { id, subject, body, time } of rows) {
      if (stopping.aborted) return
      await bus.publish(eventFrom({ id, subject, body, time: new Date(time) }))
      sent.add(id)
      if (sent.size >= removedAtOnce) await removeSent(store, sent)
    }
    if (rows.length < batchSize) return
  }
}

async function removeSent<DB>(store: Store<DB>, sent: Set<string>): Promise<void> {
  if (sent.size === 0) return
  await sql`delete from outbox where id in (select value from json_each(${JSON.stringify([...sent])}))`.execute(store.db)
  sent.clear()
}

interface OutboxRow {
  readonly id: string
  readonly subject: string
  readonly body: Uint8Array
  readonly time: number
}

async function oldest<DB>(store: Store<DB>, limit: number): Promise<readonly OutboxRow[]> {
  const { rows } = await sql<OutboxRow>`select * from outbox order by sequence limit ${limit}`.execute(store.db)
  return rows
}

/** Whether the bell does not ring for so many ms; ends when it does. */
function staysQuiet(rung: Promise<void>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), ms)
    void rung.then(() => {
      clearTimeout(timer)
      resolve(false)
    })
  })
}

function pause(ms: number, stopping: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal: stopping }).catch(() => undefined)
}
