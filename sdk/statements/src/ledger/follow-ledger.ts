import { ReinraumError } from '@reinraum/crypto'
import { type Charge, compose } from '@reinraum/privacy'
import { endAfter, eventDigest, type LedgerEnd, type LedgerEntry, type LedgerEvent, largest } from './entry.ts'
import type { LedgerPlace } from './ledger.ts'

/** An entry as a key service shows it. The event is told to whom it concerns, and to the dataset's owner. */
export interface ShownEntry {
  readonly entry: LedgerEntry
  readonly event: LedgerEvent | null
}

/**
 * Goes on from where a ledger ended with the entry that is said to follow, and believes none of its sums.
 * @returns where the ledger ends after it
 * @throws ReinraumError `ledger-broken`
 */
export function followLedger(place: LedgerPlace, end: LedgerEnd, { entry, event }: ShownEntry): LedgerEnd {
  if (entry.sequence !== end.sequence + 1) throw broken(end, 'another one follows than the next')
  const charged = added(end, end.charged, entry.charge)
  if (!same(entry.charged, charged)) throw broken(end, 'the charges do not add up')
  if (event !== null && (eventDigest(event) !== entry.event || (event.origin !== null) !== (entry.kind === 'entered')))
    throw broken(end, 'the next entry is for something else')
  if (!isSpent(end, entry, event, charged)) throw broken(end, 'what is spent does not add up')
  return endAfter(place, end.digest, entry)
}

function isSpent(end: LedgerEnd, { kind, charge, spent }: LedgerEntry, event: LedgerEvent | null, charged: Charge): boolean {
  if (kind === 'debit') return same(spent, added(end, end.spent, charge))
  const said = event?.origin?.spent
  const least = largest(end.spent, charged, said ?? charged)
  // How much was said is not told to everyone, and it never is less.
  return said === undefined ? spent.epsilon >= least.epsilon && spent.delta >= least.delta : same(spent, least)
}

function added(end: LedgerEnd, a: Charge, b: Charge): Charge {
  try {
    return compose(a, b)
  } catch (cause) {
    if (cause instanceof RangeError) throw broken(end, 'it counts further than integers are exact')
    throw cause
  }
}

function same(a: Charge, b: Charge): boolean {
  return a.epsilon === b.epsilon && a.delta === b.delta
}

function broken({ sequence }: LedgerEnd, what: string): ReinraumError {
  return new ReinraumError('ledger-broken', `after entry ${sequence} the ledger does not go on: ${what}`)
}
