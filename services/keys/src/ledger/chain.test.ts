import { LedgerService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { agreeOnNoise, freshDataset, type Imported, ledgerOf, reading, spend } from '../testing/noise.ts'
import { type Room, startRoom } from '../testing/room.ts'
import { endOfLedger } from './ledger-rows.ts'

let room: Room
let contract: Imported
let agreement: Imported
let ledger: string
beforeAll(async () => {
  room = await startRoom()
  contract = await agreeOnNoise(room)
})
afterAll(() => room.stop())
/** A ledger of two entries. */
beforeEach(async () => {
  const dataset = freshDataset()
  agreement = await reading(contract, dataset)
  ledger = await ledgerOf(agreement, 'strikes', { dataset })
  for (const epsilon of [0.2, 0.3]) expect(await spend(agreement, epsilon)).toBe('released')
})

const run = (statement: string) => sql.raw(statement).execute(room.shared.vault.store.db)
const changing = (entry: 1 | 2, change: string) =>
  `update ledger_entries set ${change} where sequence = ${entry} and ledger = '${ledger}'`
const noDigest = `'sha256:${'0'.repeat(64)}'`

/** What somebody does who can write to the disk: triggers hold up nobody but this service. */
async function behindItsBack(statement: string): Promise<void> {
  for (const trigger of ['follow', 'stay', 'remain']) await run(`drop trigger if exists ledger_entries_${trigger}`)
  await run(statement)
}

describe('the store', () => {
  test('changes no entry, takes none back, and takes none but the next', async () => {
    expect(await refusalOf(() => run(changing(2, 'charge_epsilon = 1')))).toBe('internal')
    expect(await refusalOf(() => run(`delete from ledger_entries where ledger = '${ledger}'`))).toBe('internal')
    const again = (sequence: number) =>
      run(`insert into ledger_entries select ledger, ${sequence}, previous, digest || 'x', seal, owner, dataset, period,
        charge_epsilon, charge_delta, charged_epsilon, charged_delta, spent_epsilon, spent_delta, contract_id, run_id, slot,
        manifest_id, decided_at, origin_digest, origin_epsilon, origin_delta
        from ledger_entries where sequence = 2 and ledger = '${ledger}'`)
    for (const sequence of [1, 2, 4]) expect(await refusalOf(() => again(sequence))).toBe('internal')
    await again(3)
  })
})

describe('a ledger that somebody changed', () => {
  test.each([
    ['with less charged', 'charge_epsilon = 0, charged_epsilon = 0, spent_epsilon = 0'],
    ['of another run', `run_id = ${noDigest}`],
    ['at another time', 'decided_at = decided_at - 1'],
    ['after another entry', `previous = ${noDigest}`],
    ['with another seal', 'seal = zeroblob(32)'],
    ['made an entry that was shown', `origin_digest = ${noDigest}, origin_epsilon = 0, origin_delta = 0`],
  ])('%s is debited no more', async (_, change) => {
    await behindItsBack(changing(2, change))
    expect(await spend(agreement, 0.1)).toBe('ledger-broken')
  })

  test('and moved elsewhere is none there', async () => {
    await behindItsBack(changing(2, `ledger = 'elsewhere ${ledger}'`))
    const { vault } = room.shared
    expect(await refusalOf(() => endOfLedger(vault, vault.store.db, `elsewhere ${ledger}`))).toBe('ledger-broken')
  })

  test('below its end is shown to nobody as whole, and its balance stays', async () => {
    await behindItsBack(changing(1, 'charge_epsilon = 1'))
    const bird = room.shared.asOf(LedgerService, room.parties.bird)
    expect(await refusalOf(() => bird.listLedgerEntries({ contractId: agreement.id, ledger }))).toBe('ledger-broken')
    expect((await bird.getLedger({ contractId: agreement.id, ledger })).spent?.epsilon).toBe(500_000n)
    expect(await spend(agreement, 0.5)).toBe('released')
    expect(await spend(agreement, 0.1)).toBe('budget-exhausted')
  })

  test('is sealed with a key of the service’s own, which no other service has', async () => {
    const { db } = room.shared.vault.store
    const { identity } = room.airs.vault
    expect(await refusalOf(() => endOfLedger({ id: 'shared', identity }, db, ledger))).toBe('ledger-broken')
    expect((await endOfLedger(room.shared.vault, db, ledger)).sequence).toBe(2)
  })
})

test('the key that entries are sealed with is overwritten when the service is sealed', async () => {
  const { ledgerKey } = room.shared.vault.identity
  expect(ledgerKey.some((byte) => byte !== 0)).toBe(true)
  await room.shared.service.seal()
  expect(ledgerKey.every((byte) => byte === 0)).toBe(true)
})
