import { LogLock } from '@reinraum/proto'
import { keyCustodyOf, type VerifiedContract } from '@reinraum/statements'
import type { KeysTransaction } from '../store.ts'
import type { Site } from '../vault.ts'
import { type LockReason, lockOf } from './locks.ts'

type Reader = Pick<KeysTransaction, 'selectFrom'>

/** Where a log ends; 0 and no id while it is empty. */
export interface LogEnd {
  readonly sequence: number
  readonly id: string
}

export interface LogState {
  readonly sequence: number
  readonly releaseId: string
  readonly lock: LogLock
  readonly presentedSequence: number
  readonly awaited: string[]
}

export async function endOf(db: Reader, contractId: string): Promise<LogEnd> {
  const last = await db
    .selectFrom('releases')
    .select(['sequence', 'id'])
    .where('contract_id', '=', contractId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last ?? { sequence: 0, id: '' }
}

/** What members are told of a log and its lock. */
export async function logStateOf(site: Site, db: Reader, contract: VerifiedContract): Promise<LogState> {
  const { sequence, id } = await endOf(db, contract.id)
  const lock = await lockOf(db, contract.id)
  const presented = await newestPresented(db, contract.id)
  const awaited = lock === undefined ? [] : await ownersAwaited(site, db, contract)
  return { sequence, releaseId: id, lock: lockNames[lock ?? 'none'], presentedSequence: presented, awaited }
}

const lockNames: Readonly<Record<LockReason | 'none', LogLock>> = {
  none: LogLock.NONE,
  restored: LogLock.RESTORED,
  'set-back': LogLock.SET_BACK,
  forked: LogLock.FORKED,
}

/** The highest place of a release that was shown and does not stand in the log; 0 for none. */
export async function newestPresented(db: Reader, contractId: string): Promise<number> {
  const row = await db
    .selectFrom('presented_releases')
    .select('sequence')
    .where('contract_id', '=', contractId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.sequence ?? 0
}

/**
 * Owners who have not confirmed where the log ends now. They are all whose keys the contract places here, whether or not the
 * store has those keys: what was set back may have lost them.
 */
export async function ownersAwaited(site: Site, db: Reader, { id, document }: VerifiedContract): Promise<string[]> {
  const end = await endOf(db, id)
  const confirmed = await db
    .selectFrom('log_confirmations')
    .select('member')
    .where('contract_id', '=', id)
    .where('sequence', '=', end.sequence)
    .where('release_id', '=', end.id)
    .execute()
  const said = new Set(confirmed.map(({ member }) => member))
  const owners = document.slots.filter((slot) => keyCustodyOf(slot).services.includes(site.id)).map(({ owner }) => owner)
  return [...new Set(owners)].filter((owner) => !said.has(owner)).sort()
}
