import { LedgerEntryKind, LedgerService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importDataset, sealDataset } from '../testing/agreement.ts'
import { agreeOnNoise, ask, type Imported, ledgerOf, spend, spending } from '../testing/noise.ts'
import { type PartyName, type Room, startRoom } from '../testing/room.ts'

let room: Room
/** Two contracts over one dataset of bird's; air and the analyst are members of both, the officer of the second alone. */
let first: Imported
let second: Imported
beforeAll(async () => {
  room = await startRoom()
  first = await agreeOnNoise(room, { strikes: {} }, (contract) => ({
    ...contract,
    members: contract.members.filter(({ id }) => id !== 'officer'),
    slots: contract.slots.map((slot) => ({
      ...slot,
      rule: { ...slot.rule, approvals: { by: ['bird'], threshold: 'all' as const } },
    })),
  }))
  second = await agreeOnNoise(room)
})
afterAll(() => room.stop())

const client = (party: PartyName) => room.shared.asOf(LedgerService, room.parties[party])
const at = async ({ id: contractId, document }: Imported, slot = 'strikes') => ({
  contractId,
  ledger: await ledgerOf({ document }, slot),
})

describe('a ledger', () => {
  test('that nothing was spent of has no entries', async () => {
    const fresh = await agreeOnNoise(room, { weather: {} })
    const { sequence, spent } = await client('analyst').getLedger(await at(fresh, 'weather'))
    expect({ sequence, spent }).toMatchObject({ sequence: 0, spent: { epsilon: 0n, delta: 0n } })
    expect((await client('analyst').listLedgerEntries(await at(fresh, 'weather'))).entries).toEqual([])
  })

  test('is told to members of each contract, and what an entry is for to those of its own and to the owner', async () => {
    const bundle = await spending(first, 0.2)
    await ask(first, bundle)
    expect(await spend(second, 0.3, 5e-10)).toBe('released')
    const seen = async (party: PartyName, of: Imported) => {
      const { entries, more } = await client(party).listLedgerEntries(await at(of))
      expect(more).toBe(false)
      return entries.map(({ event }) => (event === undefined ? 'hidden' : event.contractId === first.id ? 'first' : 'second'))
    }
    for (const party of ['analyst', 'air'] as const) {
      expect(await seen(party, first)).toEqual(['first', 'hidden'])
      expect(await seen(party, second)).toEqual(['hidden', 'second'])
    }
    expect(await seen('officer', second)).toEqual(['hidden', 'second'])
    for (const of of [first, second]) expect(await seen('bird', of)).toEqual(['first', 'second'])
    const { entries } = await client('bird').listLedgerEntries(await at(first))
    expect(entries[0]).toMatchObject({
      kind: LedgerEntryKind.DEBIT,
      charge: { epsilon: 200_000n, delta: 0n },
      event: { runId: bundle.runId, slot: 'strikes', manifestId: first.datasets[0]?.manifestId },
    })
    expect(entries[1]).toMatchObject({ sequence: 2, spent: { epsilon: 500_000n, delta: 500_000n } })
    expect((await client('bird').listLedgerEntries({ ...(await at(first)), afterSequence: 1 })).entries).toEqual(entries.slice(1))
  })

  test('is no business of who is no member, or whose contract has no such dataset', async () => {
    for (const party of ['officer', 'stranger'] as const) {
      expect(await refusalOf(async () => client(party).getLedger(await at(first)))).toBe('permission-denied')
      expect(await refusalOf(async () => client(party).listLedgerEntries(await at(first)))).toBe('permission-denied')
    }
    // Another dataset of the same owner's, under another contract.
    const other = await agreeOnNoise(room, { weather: {} })
    const sealed = await sealDataset(other, 'weather', (manifest) => ({
      ...manifest,
      version: 2,
      lineage: { dataset: 'secret', periods: [1] },
    }))
    await importDataset(other, sealed)
    const ledger = await ledgerOf(other, 'weather', { dataset: 'secret' })
    expect((await client('analyst').getLedger({ contractId: other.id, ledger })).sequence).toBe(0)
    for (const ask of [
      { contractId: first.id, ledger },
      { contractId: first.id, ledger: `sha256:${'0'.repeat(64)}` },
    ]) {
      expect(await refusalOf(() => client('analyst').getLedger(ask))).toBe('not-found')
      expect(await refusalOf(() => client('analyst').listLedgerEntries(ask))).toBe('not-found')
    }
  })
})
