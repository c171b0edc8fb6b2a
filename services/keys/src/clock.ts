import { ReinraumError } from '@reinraum/crypto'
import type { KeysDatabase, KeysTransaction } from './store.ts'

/** What a clock is read from, in ms: the machine's wall clock since 1970, and one that nobody can set, from any start. */
export interface ClockSources {
  wall(): number
  monotonic(): number
}

/** CLOCK_MONOTONIC does not jump with the wall clock; it stands still while a machine is suspended. */
export const systemClock: ClockSources = { wall: () => Date.now(), monotonic: () => performance.now() }

/**
 * The key service's own time. It is the wall clock's at the start, goes on with the monotonic clock, and is never set back.
 * Steps of the wall clock are compared with the monotonic one: while together they make no more than `toleranceMs` the clock is
 * sound. A step forward is then followed, one back is not.
 */
export interface Clock {
  now(): Date
  /** What the wall clock says, ms since 1970. */
  wall(): number
  isSound(): boolean
  /** @throws ReinraumError `clock-unsound` */
  requireSound(): void
  /** Somebody has looked at the wall clock: from now on it is right. Own time goes on from the later of the two. */
  confirm(): void
  /** A store that came in after the start has decided until then, ms since 1970: the same holds as at a start over it. */
  learn(newest: number): void
}

/** What chrony or a leap second may step; a machine that is further off has something wrong with it. */
export const toleranceMs = 5_000

/**
 * @param newest the latest time at which this service has ever decided, ms since 1970. A wall clock that stands before it has
 *   been set back while the service was stopped: own time goes on from there, and nothing is sound until the wall clock is.
 */
export function startClock(sources: ClockSources, newest: number): Clock {
  const anchored = (wall: number, own: number) => ({ wall, own, monotonic: sources.monotonic(), followed: 0 })
  const start = Math.max(sources.wall(), newest)
  let anchor = anchored(start, start)

  const read = () => {
    const elapsed = sources.monotonic() - anchor.monotonic
    const step = sources.wall() - (anchor.wall + elapsed)
    const sound = Math.abs(step) <= toleranceMs
    if (sound && step > anchor.followed) anchor.followed = step
    return { own: anchor.own + elapsed + anchor.followed, sound }
  }

  return {
    now: () => new Date(Math.floor(read().own)),
    wall: sources.wall,
    isSound: () => read().sound,
    requireSound() {
      if (!read().sound) throw new ReinraumError('clock-unsound', "the machine's clock has jumped, and nobody has confirmed it")
    },
    confirm() {
      const wall = sources.wall()
      anchor = anchored(wall, Math.max(wall, read().own))
    },
    learn(newest) {
      if (newest > sources.wall()) anchor = anchored(newest, Math.max(newest, read().own))
    },
  }
}

/** The latest time at which this store was written by a decision; 0 before the first. */
export async function newestDecision(db: Pick<KeysTransaction, 'selectFrom'>): Promise<number> {
  return (await db.selectFrom('clock').select('newest').executeTakeFirst())?.newest ?? 0
}

/** Remembers the time of a decision together with it. */
export async function rememberTime(db: Pick<KeysTransaction, 'insertInto'>, now: Date): Promise<void> {
  const row: KeysDatabase['clock'] = { id: 1, newest: now.getTime() }
  await db
    .insertInto('clock')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ newest: row.newest }).where('clock.newest', '<', row.newest))
    .execute()
}
