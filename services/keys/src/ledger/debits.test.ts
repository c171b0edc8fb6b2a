import { canonicalBytes, splitSecret } from '@reinraum/crypto'
import { chargeOf } from '@reinraum/privacy'
import type { Contract } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agree, agreeAndImport, sealDataset, sealForImport } from '../testing/agreement.ts'
import { bundleOf, outcomeName, outcomeOf, requestOf } from '../testing/attempt.ts'
import {
  agreeOnNoise,
  ask,
  asking,
  freshDataset,
  type Imported,
  noise,
  reading,
  spend,
  spending,
  spentOf,
} from '../testing/noise.ts'
import { type Room, startRoom } from '../testing/room.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom({ shared: () => ({ quotas: { denialsPerMinute: 1_000_000 } }) })
})
afterAll(() => room.stop())

/** One version of `dataset` in one slot of a new contract. */
async function holding(dataset: string, slot = 'strikes', rule: Parameters<typeof asking>[0][string] = {}): Promise<Imported> {
  return reading(await agreeOnNoise(room, { [slot]: rule }), dataset, { slot })
}

describe('a budget', () => {
  test('is spent by what queries say, to the last millionth', async () => {
    const agreement = await holding(freshDataset())
    for (const epsilon of [0.5, 0.3, 0.1]) expect(await spend(agreement, epsilon)).toBe('released')
    expect(await spend(agreement, 0.100001)).toBe('budget-exhausted')
    expect(await spend(agreement, 0.1)).toBe('released')
    expect(await spend(agreement, 0.000001)).toBe('budget-exhausted')
    const thirds = await holding(freshDataset())
    for (let i = 0; i < 3; i += 1) expect(await spend(thirds, 0.333333)).toBe('released')
    expect(await spend(thirds, 0.000002)).toBe('budget-exhausted')
    expect([await spend(thirds, 0.000001), await spend(thirds, 0.000001)]).toEqual(['released', 'budget-exhausted'])
  })

  test('counts δ beside ε', async () => {
    const agreement = await holding(freshDataset())
    expect(await spend(agreement, 0.1, 6e-10)).toBe('released')
    expect(await spend(agreement, 0.1, 5e-10)).toBe('budget-exhausted')
    expect(await spend(agreement, 0.1, 4e-10)).toBe('released')
    expect(await spend(agreement, 0.1, 1e-15)).toBe('budget-exhausted')
    expect(await spend(agreement, 0.1)).toBe('released')
  })

  test('is counted in ρ where the rule says so, and in one way for good', async () => {
    const dataset = freshDataset()
    const zcdp = { accounting: 'zcdp', mechanism: 'discreteGaussian', deltaBudget: 1e-6 } as const
    const agreement = await holding(dataset, 'strikes', zcdp)
    const { debits } = await ask(agreement, await spending(agreement, 0.5))
    const priced = chargeOf({ ...noise, ...zcdp }, { epsilon: 0.5 })
    expect(debits).toMatchObject([{ accounting: 'zcdp', charge: priced.outcome === 'charge' ? priced.charge : expect.fail() }])
    // Losses in ρ add up to less ε than basic composition says: more than two of a half fit into one.
    expect([await spend(agreement, 0.5), await spend(agreement, 0.5)]).toEqual(['released', 'released'])
    const refused = await ask(agreement, await spending(agreement, 0.5))
    expect(refused.outcome).toBe('budget-exhausted')
    expect(await spend(agreement, (refused.shortfalls[0]?.fits?.epsilon ?? 0) / 1_000_000)).toBe('released')
    // Another contract that counts otherwise has no budget of its own.
    expect(await spend(await holding(dataset), 0.1)).toBe('ledger-mismatch')
  })

  test('is named by a release, each entry after the one before it', async () => {
    const agreement = await holding(freshDataset())
    const [first, second] = [
      await ask(agreement, await spending(agreement, 0.2)),
      await ask(agreement, await spending(agreement, 0.3)),
    ]
    expect(first.debits).toMatchObject([
      { slot: 'strikes', period: 1, sequence: 1, accounting: 'basic', charge: { epsilon: 200_000, delta: 0 } },
    ])
    expect(second.debits).toMatchObject([
      { sequence: 2, before: first.debits[0]?.after, charged: { epsilon: 500_000 }, spent: { epsilon: 500_000, delta: 0 } },
    ])
  })

  test('that a query does not fit in says what is left and what would fit', async () => {
    const dataset = freshDataset()
    const agreement = await holding(dataset)
    for (const epsilon of [0.5, 0.1]) await spend(agreement, epsilon)
    const { outcome, shortfalls, statement } = await ask(agreement, await spending(agreement, 0.45))
    expect(outcome).toBe('budget-exhausted')
    const of = { slot: 'strikes', dataset, period: 1, accounting: 'basic' }
    const left = { epsilon: 400_000, delta: 1_000_000 }
    expect(shortfalls).toEqual([{ ...of, left, fits: { epsilon: 400_000, delta: 0 } }])
    // Nothing of what other contracts asked.
    expect(Buffer.from(canonicalBytes(shortfalls)).includes('sha256:')).toBe(false)
    const { releases } = await room.shared.as(room.parties.analyst).listReleases({ contractId: agreement.id, afterSequence: 2 })
    expect(releases).toEqual([statement])
    // One query takes no more than its maximum, and less δ where that is what lacks.
    const other = await holding(freshDataset())
    await spend(other, 0.1, 9e-10)
    const refused = await ask(other, await spending(other, 0.1, 2e-10))
    const fits = { epsilon: 500_000, delta: 100_000 }
    expect(refused.shortfalls).toMatchObject([{ left: { epsilon: 900_000, delta: 100_000 }, fits }])
    for (const epsilon of [0.5, 0.4]) await spend(other, epsilon)
    expect((await ask(other, await spending(other, 0.1))).shortfalls).toMatchObject([{ left: { epsilon: 0 }, fits: null }])
  })

  test('is not spent by a run that is denied', async () => {
    const dataset = freshDataset()
    const agreement = await holding(dataset)
    const bundle = await spending(agreement, 0.5)
    expect(await outcomeOf(agreement, room.shared, bundle, { nonces: (own) => ({ airs: own }) })).toBe('nonce-unknown')
    expect(await spentOf(agreement, dataset)).toBe(0)
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('released')
  })

  test('is spent with the release or not at all: when the rest of it cannot be written, nothing is', async () => {
    const dataset = freshDataset()
    const agreement = await holding(dataset)
    const { db } = room.shared.vault.store
    await sql`create trigger no_lease before insert on leases begin select raise(abort, 'no'); end`.execute(db)
    expect(await refusalOf(() => spend(agreement, 0.5))).toBe('internal')
    await sql`drop trigger no_lease`.execute(db)
    expect(await spentOf(agreement, dataset)).toBe(0)
    expect([await spend(agreement, 0.5), await spend(agreement, 0.5)]).toEqual(['released', 'released'])
  })

  test('is spent once by a run, which gets no keys again: whoever has them twice can draw noise twice', async () => {
    const dataset = freshDataset()
    const agreement = await holding(dataset)
    const bundle = await spending(agreement, 0.4)
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('released')
    for (let i = 0; i < 2; i += 1) expect(await outcomeOf(agreement, room.shared, bundle)).toBe('budget-spent')
    expect(await spentOf(agreement, dataset)).toBe(400_000)
    // Where no budget is spent, a run may be tried again.
    const plain = await agreeAndImport(room)
    const again = await bundleOf(plain)
    for (let i = 0; i < 2; i += 1) expect(await outcomeOf(plain, room.shared, again)).toBe('released')
  })

  test('does not come back when a run fails, is stopped or loses its lease', async () => {
    const agreement = await holding(freshDataset())
    const bundle = await spending(agreement, 0.5)
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('released')
    room.clock.move(61_000)
    const { outcome } = await room.shared.from('executor').renewLease({ runId: bundle.runId })
    expect(outcome).toEqual({ case: 'deniedReasonCode', value: 'lease-lost' })
    expect(await spend(agreement, 0.5)).toBe('released')
    expect(await spend(agreement, 0.000001)).toBe('budget-exhausted')
  })
})

describe('of several datasets', () => {
  test('all are debited, or none', async () => {
    const [large, small] = [freshDataset(), freshDataset()]
    const both = await agreeOnNoise(room, { strikes: {}, weather: { epsilonBudget: 0.5 } })
    const agreement = await reading(await reading(both, large), small, { slot: 'weather' })
    const { debits } = await ask(agreement, await spending(agreement, 0.3))
    expect(debits.map(({ slot, dataset }) => [slot, dataset])).toEqual([
      ['strikes', large],
      ['weather', small],
    ])
    const refused = await ask(agreement, await spending(agreement, 0.3))
    expect(refused.outcome).toBe('budget-exhausted')
    expect(refused.shortfalls.map(({ slot }) => slot)).toEqual(['weather'])
    // 0.7 are left of the other.
    const alone = await holding(large)
    expect([await spend(alone, 0.5), await spend(alone, 0.2), await spend(alone, 0.000001)]).toEqual([
      'released',
      'released',
      'budget-exhausted',
    ])
  })

  test('only those are that ask for noise, and whose keys are here', async () => {
    const agreement = await agreeAndImport(room, asking({ strikes: {}, flights: {} }))
    const own = await ask(agreement, await spending(agreement, 0.2))
    expect(own.debits.map(({ slot }) => slot)).toEqual(['strikes'])
    const airs = await ask(agreement, await spending(agreement, 0.2), room.airs)
    expect(airs.debits.map(({ slot }) => slot)).toEqual(['flights'])
    const plain = await agreeAndImport(room)
    expect((await ask(plain, await bundleOf(plain))).debits).toEqual([])
  })
})

describe('one dataset has one ledger', () => {
  test('under another contract, in another slot, imported again and in a new version', async () => {
    const dataset = freshDataset()
    const first = await holding(dataset)
    expect(await spend(first, 0.3)).toBe('released')
    // Another contract, with more for one query.
    const second = await holding(dataset, 'strikes', { maxEpsilonPerQuery: 1 })
    expect(await spend(second, 0.3)).toBe('released')
    const otherSlot = await holding(dataset, 'weather')
    expect(await spend(otherSlot, 0.3)).toBe('released')
    const again = await reading(first, dataset)
    for (const agreement of [first, second, otherSlot, again]) expect(await spend(agreement, 0.2)).toBe('budget-exhausted')
    expect(await spend(again, 0.1)).toBe('released')
    for (const agreement of [first, second, otherSlot, again]) expect(await spend(agreement, 0.000001)).toBe('budget-exhausted')
  })

  test('also where its owner has another name', async () => {
    const dataset = freshDataset()
    const first = await holding(dataset)
    expect(await spend(first, 0.5)).toBe('released')
    const renamed = (contract: Contract): Contract => ({
      ...contract,
      members: contract.members.map((member) => (member.id === 'bird' ? { ...member, name: 'Somebody' } : member)),
    })
    const second = await reading(await agreeOnNoise(room, { strikes: {} }, renamed), dataset)
    expect(await spend(second, 0.500001)).toBe('privacy-over-maximum')
    expect([await spend(second, 0.5), await spend(second, 0.1)]).toEqual(['released', 'budget-exhausted'])
  })

  test('which is not that of the same name of somebody else', async () => {
    const dataset = freshDataset()
    const birds = await holding(dataset)
    for (const epsilon of [0.5, 0.5]) await spend(birds, epsilon)
    const airsOwn = (contract: Contract): Contract => ({
      ...contract,
      slots: contract.slots.map((slot) => ({ ...slot, owner: 'air', keyService: 'shared' })),
    })
    const airs = await reading(await agreeOnNoise(room, { flights: {} }, airsOwn), dataset, { slot: 'flights' })
    expect(await spend(airs, 0.5)).toBe('released')
  })

  test('at each key service that holds a share of its key, and each is debited', async () => {
    const withStrikesOnly = (contract: Contract) => ({ ...contract, slots: contract.slots.filter(({ id }) => id === 'strikes') })
    const shared = (contract: Contract): Contract => ({
      ...contract,
      slots: contract.slots.map((slot) => ({ ...slot, keyService: { threshold: 2, services: ['shared', 'airs'] } })),
    })
    const agreement = await agree(room, (contract) => shared(asking({ strikes: {} })(withStrikesOnly(contract))))
    const dataset = await sealDataset(agreement, 'strikes', (manifest) => ({
      ...manifest,
      lineage: { dataset: freshDataset(), periods: [1] },
    }))
    const shares = await splitSecret(dataset.dataKey, { shares: 2, threshold: 2 })
    for (const [i, service] of [room.shared, room.airs].entries()) {
      const sealedKey = await sealForImport(service, { dataKey: shares[i] as Uint8Array, manifestId: dataset.manifestId })
      const { statement: contract } = agreement
      await service.as(room.parties.bird).importKey({ contract, manifest: dataset.manifest, sealedKey })
    }
    const imported = { ...agreement, datasets: [dataset] }
    const both = async (epsilon: number) => {
      const bundle = await spending(imported, epsilon)
      return [(await ask(imported, bundle, room.shared)).outcome, (await ask(imported, bundle, room.airs)).outcome]
    }
    expect(await both(0.5)).toEqual(['released', 'released'])
    // What only one of them was asked for is spent there alone.
    expect((await ask(imported, await spending(imported, 0.4), room.airs)).outcome).toBe('released')
    expect(await both(0.2)).toEqual(['released', 'budget-exhausted'])
  })
})

describe('runs that race', () => {
  test('for a budget spend what fits, and nothing more', async () => {
    const agreement = await holding(freshDataset())
    const bundles = await Promise.all(Array.from({ length: 12 }, () => spending(agreement, 0.3)))
    const requests = await Promise.all(bundles.map((bundle) => requestOf(agreement, room.shared, bundle)))
    const executor = room.shared.from('executor')
    const outcomes = (await Promise.all(requests.map(({ request }) => executor.releaseKeys(request)))).map(outcomeName)
    expect(outcomes.filter((outcome) => outcome === 'released')).toHaveLength(3)
    expect(outcomes.filter((outcome) => outcome === 'budget-exhausted')).toHaveLength(9)
  })

  test('under several contracts share the one budget', async () => {
    const dataset = freshDataset()
    const agreements = [await holding(dataset), await holding(dataset), await holding(dataset, 'weather')]
    const attempts = await Promise.all(
      agreements.flatMap((agreement) =>
        Array.from({ length: 4 }, async () => requestOf(agreement, room.shared, await spending(agreement, 0.25))),
      ),
    )
    const executor = room.shared.from('executor')
    const outcomes = (await Promise.all(attempts.map(({ request }) => executor.releaseKeys(request)))).map(outcomeName)
    expect(outcomes.filter((outcome) => outcome === 'released')).toHaveLength(4)
    expect(outcomes.filter((outcome) => outcome === 'budget-exhausted')).toHaveLength(8)
  })
})
