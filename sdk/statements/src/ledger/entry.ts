import { canonicalBytes, digestId } from '@reinraum/crypto'
import { type Charge, compose, nothing } from '@reinraum/privacy'
import type { DigestId } from '../parts/identifiers.ts'
import { emptyLedger, type LedgerPlace } from './ledger.ts'

/**
 * One entry as everyone may see it who may see the balance. A `debit` was made for a release. One that was `entered` repeats a
 * debit that this key service had forgotten, and that somebody showed it in a release of its own.
 */
export interface LedgerEntry {
  /** from 1 */
  readonly sequence: number
  readonly kind: 'debit' | 'entered'
  readonly charge: Charge
  /** the charges of all entries up to this one */
  readonly charged: Charge
  /** what counts as spent: all that was charged and, of what was forgotten, as much as any entry that was shown says */
  readonly spent: Charge
  /** digest of the event */
  readonly event: DigestId
}

/** What an entry is for. It is told to the owner of the dataset, and to the members of its contract. */
export interface LedgerEvent {
  readonly contract: DigestId
  readonly run: DigestId
  readonly slot: string
  readonly manifest: DigestId
  /** ISO instant of the decision */
  readonly at: string
  /** of an entry that was entered: the one that was shown, and what that one says was spent */
  readonly origin: { readonly digest: DigestId; readonly spent: Charge } | null
}

/** Where a ledger ends. */
export interface LedgerEnd {
  /** 0 while it is empty */
  readonly sequence: number
  readonly digest: DigestId
  readonly charged: Charge
  readonly spent: Charge
}

export function beginning(place: LedgerPlace): LedgerEnd {
  return { sequence: 0, digest: emptyLedger(place), charged: nothing, spent: nothing }
}

/** The digest of an entry, which the next one names: it commits to the whole ledger before it. */
export function entryDigest({ keyService, ledger }: LedgerPlace, previous: DigestId, entry: LedgerEntry): DigestId {
  const { sequence, kind, charge, charged, spent, event } = entry
  const said = { sequence, kind, charge: { ...charge }, charged: { ...charged }, spent: { ...spent }, event }
  return digestId(canonicalBytes({ v: 'reinraum/ledger-entry/v1', keyService, ledger, previous, ...said }))
}

export function eventDigest({ contract, run, slot, manifest, at, origin }: LedgerEvent): DigestId {
  const shown = origin === null ? null : { digest: origin.digest, spent: { ...origin.spent } }
  return digestId(canonicalBytes({ v: 'reinraum/ledger-event/v1', contract, run, slot, manifest, at, origin: shown }))
}

/** The entry that follows: a debit, or one that was shown where the event has an origin. */
export function followingEntry(
  end: LedgerEnd,
  { charge, event }: Pick<LedgerEntry, 'charge'> & { readonly event: LedgerEvent },
): LedgerEntry {
  const charged = compose(end.charged, charge)
  // What was shown says what was spent by then, also where nobody shows what came between.
  const spent = event.origin === null ? compose(end.spent, charge) : largest(end.spent, charged, event.origin.spent)
  const kind = event.origin === null ? 'debit' : 'entered'
  return { sequence: end.sequence + 1, kind, charge, charged, spent, event: eventDigest(event) }
}

/** Where a ledger ends after this entry. */
export function endAfter(place: LedgerPlace, previous: DigestId, entry: LedgerEntry): LedgerEnd {
  const { sequence, charged, spent } = entry
  return { sequence, digest: entryDigest(place, previous, entry), charged, spent }
}

export function largest(...charges: readonly Charge[]): Charge {
  return { epsilon: Math.max(...charges.map((c) => c.epsilon)), delta: Math.max(...charges.map((c) => c.delta)) }
}
