import { digestId, utf8 } from '@reinraum/crypto'
import type { Charge } from '@reinraum/privacy'
import { describe, expect, test } from 'vitest'
import { refusalOf } from '../testing/refusal.ts'
import { beginning, endAfter, followingEntry, type LedgerEnd, type LedgerEvent } from './entry.ts'
import { followLedger, type ShownEntry } from './follow-ledger.ts'
import { ledgerId } from './ledger.ts'

const place = {
  keyService: 'shared-keys',
  ledger: ledgerId({ owner: 'A'.repeat(43), dataset: 'visits', period: 1, accounting: 'basic' }),
}
const charge = (epsilon: number, delta = 0): Charge => ({ epsilon, delta })
const eventOf = (name: string, origin: LedgerEvent['origin'] = null): LedgerEvent => {
  const id = digestId(utf8(name))
  return { contract: id, run: id, slot: 'visits', manifest: id, at: '2026-11-22T00:00:00.000Z', origin }
}

interface Made {
  readonly shown: ShownEntry
  readonly end: LedgerEnd
}

/** A ledger with these entries: charges, or what was shown of a forgotten one. */
function ledgerOf(...entries: readonly (Charge | { readonly entered: Charge; readonly spent: Charge })[]): readonly Made[] {
  let end = beginning(place)
  return entries.map((one, i) => {
    const origin = 'entered' in one ? { digest: digestId(utf8(`shown ${i}`)), spent: one.spent } : null
    const event = eventOf(`${i}`, origin)
    const entry = followingEntry(end, { charge: 'entered' in one ? one.entered : one, event })
    end = endAfter(place, end.digest, entry)
    return { shown: { entry, event }, end }
  })
}

function follow(entries: readonly ShownEntry[], start = beginning(place)): LedgerEnd {
  return entries.reduce((end, entry) => followLedger(place, end, entry), start)
}

describe('a ledger', () => {
  test('adds charges up, and ends where the one who kept it says', () => {
    const made = ledgerOf(charge(300_000, 5), charge(200_000), charge(1, 7))
    const end = follow(made.map(({ shown }) => shown))
    expect(end).toEqual(made.at(-1)?.end)
    expect(end.spent).toEqual(charge(500_001, 12))
  })

  test('is followed also by who is not told what its entries are for', () => {
    const made = ledgerOf(charge(3), { entered: charge(1), spent: charge(9) }, charge(2))
    const blind = made.map(({ shown: { entry } }) => ({ entry, event: null }))
    expect(follow(blind)).toEqual(made.at(-1)?.end)
  })

  test('counts a debit that was shown, and what that says came before it', () => {
    const forgotten = (...said: [Charge, Charge][]) =>
      ledgerOf(charge(10), ...said.map(([entered, spent]) => ({ entered, spent }))).at(-1)?.end.spent
    // Ten were spent; of five, seven and nine more, only the last is shown.
    expect(forgotten([charge(9), charge(31)])).toEqual(charge(31))
    // The others are shown later, and are in it already.
    expect(forgotten([charge(9), charge(31)], [charge(7), charge(22)], [charge(5), charge(15)])).toEqual(charge(31))
    expect(forgotten([charge(5), charge(15)], [charge(7), charge(22)], [charge(9), charge(31)])).toEqual(charge(31))
  })

  test('that went two ways counts both', () => {
    // Ten, then three more here; elsewhere ten, five, seven.
    const made = ledgerOf(
      charge(10),
      charge(3),
      { entered: charge(7), spent: charge(22) },
      { entered: charge(5), spent: charge(15) },
    )
    expect(made.map(({ end }) => end.spent.epsilon)).toEqual([10, 13, 22, 25])
    expect(follow(made.map(({ shown }) => shown)).spent).toEqual(charge(25))
  })
})

describe('an entry is not believed', () => {
  const made = ledgerOf(charge(300), { entered: charge(50), spent: charge(900) }, charge(20))
  const entries = made.map(({ shown }) => shown)
  const [first, second, third] = entries as [ShownEntry, ShownEntry, ShownEntry]
  const refused = (...shown: readonly ShownEntry[]) => refusalOf(() => follow(shown))
  const withEntry = (shown: ShownEntry, change: Partial<ShownEntry['entry']>) => ({
    ...shown,
    entry: { ...shown.entry, ...change },
  })

  test('when another one is missing before it, or it comes twice', async () => {
    expect(await refused(first, third)).toBe('ledger-broken')
    expect(await refused(second)).toBe('ledger-broken')
    expect(await refused(first, first)).toBe('ledger-broken')
    expect(await refused(withEntry(first, { sequence: 2 }))).toBe('ledger-broken')
  })

  test('when its sums are smaller than what was charged', async () => {
    expect(await refused(withEntry(first, { charged: charge(299) }))).toBe('ledger-broken')
    expect(await refused(withEntry(first, { spent: charge(299) }))).toBe('ledger-broken')
    expect(await refused(first, withEntry(second, { spent: charge(349) }))).toBe('ledger-broken')
    expect(await refused(first, { ...withEntry(second, { spent: charge(349) }), event: null })).toBe('ledger-broken')
    expect(await refused(first, second, withEntry(third, { spent: charge(900) }))).toBe('ledger-broken')
    expect(await refused(withEntry(first, { spent: charge(300, 1) }))).toBe('ledger-broken')
  })

  test('when it is for something else than its digest says, or no debit where it claims one', async () => {
    expect(await refused({ ...first, event: eventOf('another') })).toBe('ledger-broken')
    expect(await refused(withEntry(first, { kind: 'entered' }))).toBe('ledger-broken')
    expect(await refused(first, withEntry(second, { kind: 'debit', spent: charge(350) }))).toBe('ledger-broken')
  })

  test('when any of it was changed: the ledger ends elsewhere', () => {
    const honest = follow(entries).digest
    const changed = [
      withEntry(third, { event: second.entry.event }),
      withEntry(third, { charge: charge(21), charged: charge(371), spent: charge(921) }),
    ]
    for (const last of changed) expect(follow([first, second, { ...last, event: null }]).digest).not.toBe(honest)
    const other = { ...place, keyService: 'other-keys' }
    expect(entries.reduce((end, entry) => followLedger(other, end, entry), beginning(other)).digest).not.toBe(honest)
  })
})

test('a ledger is of one part of one dataset of one owner, and counts one way', () => {
  const name = { owner: 'A'.repeat(43), dataset: 'visits', period: 1, accounting: 'basic' } as const
  const ids = [
    name,
    { ...name, owner: 'B'.repeat(43) },
    { ...name, dataset: 'jobs' },
    { ...name, period: 2 },
    { ...name, accounting: 'zcdp' } as const,
  ].map(ledgerId)
  expect(new Set(ids).size).toBe(5)
})

test('a sum beyond exact integers is refused, not rounded', async () => {
  const [made] = ledgerOf(charge(1))
  const end = { ...beginning(place), charged: charge(Number.MAX_SAFE_INTEGER) }
  expect(await refusalOf(() => followLedger(place, end, made?.shown ?? expect.fail()))).toBe('ledger-broken')
  expect(() => followingEntry(end, { charge: charge(1), event: eventOf('x') })).toThrow(RangeError)
})
