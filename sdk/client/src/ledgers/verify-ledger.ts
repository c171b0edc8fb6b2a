import { ReinraumError } from '@reinraum/crypto'
import {
  beginning,
  type DigestId,
  followLedger,
  type LedgerEnd,
  type LedgerPlace,
  type ReleasedEntry,
  type ShownEntry,
} from '@reinraum/statements'

/** What a key service shows of a ledger, and what it signed about it. */
export interface LedgerClaims {
  readonly place: LedgerPlace
  /** the contract whose log was read */
  readonly contract: DigestId
  readonly entries: readonly ShownEntry[]
  /** the last entry when the service said where the ledger ends; others may have followed since */
  readonly said: { readonly sequence: number; readonly digest: DigestId }
  /** of all releases in the contract's log at this key service */
  readonly released: readonly ReleasedEntry[]
  /** ISO instant of the newest release in that log, which was read before the ledger; empty for an empty log */
  readonly logUntil: string
}

/**
 * Verifies that the entries are one whole chain whose sums are right, that it holds every debit which the key service signed in the
 * contract's log, and that it has no debit of this contract that no release is known for.
 * @returns where the ledger ends
 * @throws ReinraumError `ledger-broken`
 */
export function verifyLedger({ place, contract, entries, said, released, logUntil }: LedgerClaims): LedgerEnd {
  const ends = [beginning(place)]
  for (const shown of entries) ends.push(followLedger(place, ends.at(-1) ?? beginning(place), shown))
  if (ends[said.sequence]?.digest !== said.digest) throw broken('its entries do not lead to the end that the key service names')
  const digests = new Set(ends.slice(1).map(({ digest }) => digest))
  const entered = new Set(entries.flatMap(({ event }) => event?.origin?.digest ?? []))
  const own = released.filter((entry) => entry.place.ledger === place.ledger && entry.place.keyService === place.keyService)
  for (const { after, entry } of own) {
    if (!digests.has(after) && !entered.has(after))
      throw broken(`it lacks the debit ${entry.sequence}, which a release names: the key service was set back`)
  }
  const named = new Set(own.map(({ after }) => after))
  entries.forEach(({ entry, event }, i) => {
    const digest = ends[i + 1]?.digest ?? ''
    // What was debited since the log was read is in no release that is known here.
    const isKnown = entry.kind === 'entered' || event?.contract !== contract || event.at > logUntil || named.has(digest)
    if (!isKnown) throw broken(`no release of the log made the debit ${entry.sequence}`)
  })
  return ends.at(-1) ?? beginning(place)
}

function broken(what: string): ReinraumError {
  return new ReinraumError('ledger-broken', `the ledger is not what was signed: ${what}`)
}
