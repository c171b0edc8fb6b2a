import { digestId, utf8 } from '@reinraum/crypto'
import {
  beginning,
  endAfter,
  followingEntry,
  type LedgerEnd,
  type LedgerEvent,
  ledgerId,
  type ReleasedEntry,
  type ShownEntry,
} from '@reinraum/statements'
import { describe, expect, test } from 'vitest'
import { type LedgerClaims, verifyLedger } from './verify-ledger.ts'

const [own, other] = [digestId(utf8('own')), digestId(utf8('other'))]
const name = { owner: 'A'.repeat(43), dataset: 'visits', period: 1, accounting: 'basic' } as const
const place = { keyService: 'keys', ledger: ledgerId(name) }
const at = (minute: number) => `2026-11-22T00:0${minute}:00.000Z`

interface Spending {
  readonly contract: string
  readonly epsilon: number
  /** of an entry that was entered: the one that was forgotten */
  readonly origin?: LedgerEvent['origin']
}

interface Kept {
  readonly entries: readonly ShownEntry[]
  readonly ends: readonly LedgerEnd[]
  /** what the releases of the log say: of the first contract's debits */
  readonly released: readonly ReleasedEntry[]
}

/** An honest ledger, and what the log of the first contract says of it. What is for other contracts is hidden. */
function keep(...spent: readonly Spending[]): Kept {
  const ends: LedgerEnd[] = []
  const entries: ShownEntry[] = []
  const released: ReleasedEntry[] = []
  for (const [i, { contract, epsilon, origin = null }] of spent.entries()) {
    const end = ends.at(-1) ?? beginning(place)
    const event: LedgerEvent = { contract, run: digestId(utf8(`${i}`)), slot: 'visits', manifest: own, at: at(i), origin }
    const entry = followingEntry(end, { charge: { epsilon, delta: 0 }, event })
    const next = endAfter(place, end.digest, entry)
    ends.push(next)
    entries.push({ entry, event: contract === own ? event : null })
    if (contract === own && origin === null) released.push({ name, place, entry, event, before: end.digest, after: next.digest })
  }
  return { entries, ends, released }
}

const honest = keep({ contract: own, epsilon: 10 }, { contract: other, epsilon: 20 }, { contract: own, epsilon: 5 })

/** What is said of a ledger that was verified, or why it is not what was signed. */
function verdict(kept: Kept, change: Partial<LedgerClaims> = {}): unknown {
  const said = kept.ends.at(-1) ?? beginning(place)
  try {
    return verifyLedger({ place, contract: own, ...kept, said, logUntil: at(9), ...change }).spent.epsilon
  } catch (error) {
    return (error as { code?: string }).code ?? error
  }
}

describe('a ledger', () => {
  test('that is whole and holds what the log says is believed', () => {
    expect(verdict(honest)).toBe(35)
    expect(verdict(keep())).toBe(0)
    // Entries may follow while it is read.
    expect(verdict(honest, { said: honest.ends[1] ?? expect.fail() })).toBe(35)
  })

  test('without one of its entries, or with other sums, is not', () => {
    const [first, second, third] = honest.entries as [ShownEntry, ShownEntry, ShownEntry]
    expect(verdict(honest, { entries: [first, third] })).toBe('ledger-broken')
    const cheaper = { ...second, entry: { ...second.entry, charge: { epsilon: 1, delta: 0 } } }
    expect(verdict(honest, { entries: [first, cheaper, third] })).toBe('ledger-broken')
  })

  test('that ends elsewhere than where the key service says is not', () => {
    expect(verdict(honest, { said: { sequence: 3, digest: own } })).toBe('ledger-broken')
    expect(verdict(honest, { said: { sequence: 4, digest: own } })).toBe('ledger-broken')
  })

  test('whose last entries were taken away is found out by the log', () => {
    const shorter = { entries: honest.entries.slice(0, 2), ends: honest.ends.slice(0, 2), released: honest.released }
    expect(verdict(shorter)).toBe('ledger-broken')
    expect(verdict({ ...keep(), released: honest.released })).toBe('ledger-broken')
    // Nobody here knows of the second one.
    const first = { entries: honest.entries.slice(0, 1), ends: honest.ends.slice(0, 1), released: honest.released.slice(0, 1) }
    expect(verdict(first)).toBe(10)
  })

  test('written anew, cheaper, is found out by the log', () => {
    const cheaper = keep({ contract: own, epsilon: 1 }, { contract: other, epsilon: 2 }, { contract: own, epsilon: 1 })
    expect(verdict(cheaper)).toBe(4)
    expect(verdict({ ...cheaper, released: honest.released })).toBe('ledger-broken')
  })

  test('with a debit of this contract that no release made is not', () => {
    expect(verdict(honest, { released: honest.released.slice(0, 1) })).toBe('ledger-broken')
    // One that was made since the log was read is in no release that is known.
    expect(verdict(honest, { released: honest.released.slice(0, 1), logUntil: at(0) })).toBe(35)
  })

  test('that had forgotten a debit holds it again', () => {
    const forgotten = honest.released[1] ?? expect.fail()
    const origin = { digest: forgotten.after, spent: forgotten.entry.spent }
    const mended = keep({ contract: own, epsilon: 10 }, { contract: own, epsilon: 5, origin })
    expect(verdict({ ...mended, released: [...mended.released, forgotten] })).toBe(35)
    const another = keep({ contract: own, epsilon: 10 }, { contract: own, epsilon: 5, origin: { ...origin, digest: other } })
    expect(verdict({ ...another, released: [...another.released, forgotten] })).toBe('ledger-broken')
  })

  test('of another dataset or another key service says nothing of this one', () => {
    const elsewhere = honest.released.map((entry) => ({ ...entry, place: { ...place, keyService: 'others' }, after: own }))
    expect(verdict(honest, { released: [...honest.released, ...elsewhere] })).toBe(35)
    expect(verdict(honest, { place: { ...place, keyService: 'others' } })).toBe('ledger-broken')
  })
})
