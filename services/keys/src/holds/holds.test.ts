import { readFile } from 'node:fs/promises'
import type { AnalysisRule, Contract } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agreeAndImport, revocationOf } from '../testing/agreement.ts'
import { type Bundle, bundleOf, hold, outcomeName, outcomeOf, requestOf } from '../testing/attempt.ts'
import { agreeOnNoise, ask, asking, freshDataset, type Imported, reading, spend, spending, spentOf } from '../testing/noise.ts'
import { type Room, startRoom } from '../testing/room.ts'
import { holdMs } from './holds.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom({ shared: () => ({ quotas: { denialsPerMinute: 1_000_000, holdsPerAnalyst: 3 } }) })
})
afterAll(() => room.stop())

async function fresh(dataset = freshDataset()): Promise<Imported & { readonly dataset: string }> {
  return { ...(await reading(await agreeOnNoise(room), dataset)), dataset }
}
const held = async (agreement: Imported, bundle: Bundle) => (await hold(agreement, room.shared, bundle)).outcome
/** A run for whose query so much is held. */
async function holding(agreement: Imported, epsilon: number): Promise<Bundle> {
  const bundle = await spending(agreement, epsilon)
  expect(await held(agreement, bundle)).toBe('held')
  return bundle
}
const releaseOf = (agreement: Imported, bundle: Bundle) => outcomeOf(agreement, room.shared, bundle)
const rows = (table: 'ledger_entries' | 'releases' | 'leases' | 'released_keys' | 'debits', runId: string) =>
  room.shared.vault.store.db.selectFrom(table).select('run_id').where('run_id', '=', runId).execute()

describe('a hold', () => {
  test('gives no key and no lease, debits nothing and is in no log; its answer is a nonce and a time', async () => {
    const agreement = await fresh()
    const bundle = await spending(agreement, 0.5)
    const { request } = await requestOf(agreement, room.shared, bundle, { purpose: 'hold' })
    const { outcome } = await room.shared.from('executor').holdBudget(request)
    expect(outcome).toMatchObject({ case: 'held', value: { nonce: expect.anything(), heldForMs: holdMs } })
    expect(outcome.case === 'held' && outcome.value.nonce).toHaveLength(32)
    for (const table of ['ledger_entries', 'releases', 'leases', 'released_keys', 'debits'] as const)
      expect(await rows(table, bundle.runId)).toEqual([])
    expect(await spentOf(agreement, agreement.dataset)).toBe(0)
    const { outcome: lease } = await room.shared.from('executor').renewLease({ runId: bundle.runId })
    expect(lease).toEqual({ case: 'deniedReasonCode', value: 'lease-lost' })
  })

  test('counts as spent for other runs, under whatever contract, and not for its own', async () => {
    const agreement = await fresh()
    const other = await fresh(agreement.dataset)
    const bundle = await holding(agreement, 0.4)
    await holding(agreement, 0.2)
    for (const rival of [agreement, other]) {
      expect(await spend(rival, 0.400001)).toBe('budget-held')
      expect(await held(rival, await spending(rival, 0.400001))).toBe('budget-held')
    }
    expect(await spend(other, 0.4)).toBe('released')
    expect(await spend(other, 0.000001)).toBe('budget-held')
    expect(await releaseOf(agreement, bundle)).toBe('released')
    expect(await spentOf(agreement, agreement.dataset)).toBe(800_000)
    expect(await spend(other, 0.200001)).toBe('budget-exhausted')
  })

  test('ends with the release of its run: what is spent is not held as well', async () => {
    const agreement = await fresh()
    const bundle = await holding(agreement, 0.5)
    expect(await releaseOf(agreement, bundle)).toBe('released')
    expect(await spend(agreement, 0.5)).toBe('released')
  })

  test('ends by itself after a minute, and the run is checked like any other then', async () => {
    const agreement = await fresh()
    const bundle = await holding(agreement, 0.5)
    await holding(agreement, 0.5)
    room.clock.move(holdMs - 1000)
    expect(await spend(agreement, 0.1)).toBe('budget-held')
    room.clock.move(1000)
    expect([await spend(agreement, 0.5), await spend(agreement, 0.3)]).toEqual(['released', 'released'])
    expect(await releaseOf(agreement, bundle)).toBe('budget-exhausted')
  })

  test('of one run at a time takes the place of the one before', async () => {
    const agreement = await fresh()
    const bundle = await holding(agreement, 0.5)
    expect(await held(agreement, bundle)).toBe('held')
    expect(await spend(agreement, 0.5)).toBe('released')
  })

  test('survives a restart: who was told yes is not told no because of one', async () => {
    const agreement = await fresh()
    const bundle = await holding(agreement, 0.5)
    await holding(agreement, 0.5)
    await room.restartShared()
    expect(await spend(agreement, 0.1)).toBe('budget-held')
    expect(await releaseOf(agreement, bundle)).toBe('released')
    room.clock.move(holdMs)
    expect(await spend(agreement, 0.5)).toBe('released')
  })

  test('says nothing secret in the log of the service', async () => {
    const agreement = await fresh()
    const { request } = await requestOf(agreement, room.shared, await spending(agreement, 0.125), { purpose: 'hold' })
    const { outcome } = await room.shared.from('executor').holdBudget(request)
    const log = await readFile(room.shared.config.log.file ?? '', 'utf8')
    expect(log).toContain('budget held')
    const nonces = [...(request.nonces ?? []), ...(outcome.case === 'held' ? [outcome.value] : [])]
    expect(nonces).toHaveLength(2)
    for (const { nonce } of nonces)
      for (const form of ['base64url', 'hex'] as const) expect(log).not.toContain(Buffer.from(nonce ?? []).toString(form))
  })
})

describe('runs that race for holds', () => {
  test('of a budget for one of them: one has it', async () => {
    const agreement = await fresh()
    const bundles = await Promise.all(Array.from({ length: 6 }, () => spending(agreement, 0.5)))
    expect(await spend(agreement, 0.5)).toBe('released')
    const attempts = await Promise.all(bundles.map((bundle) => requestOf(agreement, room.shared, bundle, { purpose: 'hold' })))
    const executor = room.shared.from('executor')
    const outcomes = (await Promise.all(attempts.map(({ request }) => executor.holdBudget(request)))).map(outcomeName)
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 5 }, () => 'budget-held'), 'held'])
    // The winner alone is released.
    const released = await Promise.all(bundles.map((bundle) => releaseOf(agreement, bundle)))
    expect(released.map((outcome) => outcome === 'released')).toEqual(outcomes.map((outcome) => outcome === 'held'))
  })

  test('share the last run of an approval and of an access budget as well', async () => {
    const accessBudget: AnalysisRule['accessBudget'] = [{ period: 'lifetime', max: 1 }]
    const slots = (contract: Contract): Contract => ({
      ...contract,
      slots: contract.slots.map(({ rule, ...rest }) => {
        return rest.id === 'strikes' ? { ...rest, rule: { ...rule, modes: ['aggregation'], accessBudget } } : { ...rest, rule }
      }),
    })
    const budgeted = await agreeAndImport(room, (contract) => slots(asking({})(contract)))
    const [first, second] = [await bundleOf(budgeted), await bundleOf(budgeted)]
    expect(await held(budgeted, first)).toBe('held')
    expect([await held(budgeted, second), await releaseOf(budgeted, second)]).toEqual(['budget-held', 'budget-held'])
    expect([await releaseOf(budgeted, first), await releaseOf(budgeted, second)]).toEqual(['released', 'access-exhausted'])

    const approved = await agreeAndImport(room)
    const once = await bundleOf(approved, { approval: (approval) => ({ ...approval, maximumRuns: 1 }) })
    const again = await bundleOf(approved, {
      query: () => JSON.parse(Buffer.from(JSON.parse(Buffer.from(once.query).toString()).payload, 'base64url').toString()),
      bundle: (made) => ({ ...made, decisions: once.decisions }),
    })
    expect(await held(approved, once)).toBe('held')
    expect([await held(approved, again), await releaseOf(approved, again)]).toEqual(['budget-held', 'budget-held'])
    expect([await releaseOf(approved, once), await releaseOf(approved, again)]).toEqual(['released', 'approval-exhausted'])
  })

  test('do not both begin a budget that only one may begin', async () => {
    const dataset = freshDataset()
    const agreed = await agreeOnNoise(room, { strikes: { refresh: { everyDays: 365, newDataOnly: true } } })
    const [first, second] = [await reading(agreed, dataset), await reading(agreed, dataset, { periods: [2] })]
    await holding(first, 0.1)
    expect(await held(second, await spending(second, 0.1))).toBe('budget-held')
    room.clock.move(holdMs)
    await holding(second, 0.1)
    expect(await spend(first, 0.1)).toBe('budget-held')
  })
})

describe('a hold is refused', () => {
  test('as a release is, with the same signed denial in the same log, and what is left does not depend on holds', async () => {
    const agreement = await fresh()
    await spend(agreement, 0.5)
    await holding(agreement, 0.4)
    const bundle = await spending(agreement, 0.5)
    const { request } = await requestOf(agreement, room.shared, await spending(agreement, 0.5), { purpose: 'hold' })
    expect(outcomeName(await room.shared.from('executor').holdBudget(request))).toBe('budget-held')
    await spend(agreement, 0.1)
    const { outcome } = await hold(agreement, room.shared, bundle)
    const { shortfalls, outcome: released } = await ask(agreement, await spending(agreement, 0.5))
    expect([outcome, released]).toEqual(['budget-exhausted', 'budget-exhausted'])
    expect(shortfalls).toMatchObject([{ left: { epsilon: 400_000 }, fits: { epsilon: 400_000 } }])
    expect(await rows('releases', bundle.runId)).toHaveLength(1)
  })

  test('when its nonce is used, of another run or too old, or its evidence was made for a release', async () => {
    const agreement = await fresh()
    const bundle = await spending(agreement, 0.1)
    const { request } = await requestOf(agreement, room.shared, bundle, { purpose: 'hold' })
    const executor = room.shared.from('executor')
    expect(outcomeName(await executor.holdBudget(request))).toBe('held')
    expect(outcomeName(await executor.holdBudget(request))).toBe('nonce-used')
    const { nonce } = await hold(agreement, room.shared, bundle)
    expect((await hold(agreement, room.shared, await spending(agreement, 0.1), { nonce })).outcome).toBe('nonce-unknown')
    expect((await hold(agreement, room.shared, bundle, { purpose: 'release' })).outcome).toBe('report-data-mismatch')
    const late = await requestOf(agreement, room.shared, bundle, { purpose: 'hold' })
    room.clock.move(120_000)
    expect(outcomeName(await executor.holdBudget(late.request))).toBe('nonce-expired')
  })

  test('when it is asked for too often for one run, or for too many of one analyst at a time', async () => {
    const agreement = await fresh()
    const bundle = await spending(agreement, 0.1)
    for (let i = 0; i < 5; i += 1) {
      expect(await held(agreement, bundle)).toBe('held')
      room.clock.move(holdMs)
    }
    expect(await held(agreement, bundle)).toBe('resource-exhausted')
    // Its release is not.
    expect(await releaseOf(agreement, bundle)).toBe('released')
    for (let i = 0; i < 3; i += 1) await holding(agreement, 0.1)
    expect(await held(agreement, await spending(agreement, 0.1))).toBe('resource-exhausted')
    room.clock.move(holdMs)
    await holding(agreement, 0.1)
  })

  test('when its run was debited already, or something was revoked', async () => {
    const agreement = await fresh()
    const bundle = await spending(agreement, 0.1)
    expect(await releaseOf(agreement, bundle)).toBe('released')
    expect(await held(agreement, bundle)).toBe('budget-spent')
    const next = await spending(agreement, 0.1)
    const revocation = await revocationOf(agreement, 'bird', { type: 'contract' })
    await room.shared.as(room.parties.bird).applyRevocation({ revocation })
    expect(await held(agreement, next)).toBe('revoked')
  })

  test('by whoever is no executor', async () => {
    const agreement = await fresh()
    const { request } = await requestOf(agreement, room.shared, await spending(agreement, 0.1), { purpose: 'hold' })
    expect(await refusalOf(() => room.shared.from('governance').holdBudget(request))).toBe('permission-denied')
  })
})

describe('a release after a hold', () => {
  test('is checked anew: the nonce that came with the hold is good for one release, with evidence made for it', async () => {
    const agreement = await fresh()
    const bundle = await spending(agreement, 0.1)
    const first = await requestOf(agreement, room.shared, bundle, { purpose: 'hold' })
    const executor = room.shared.from('executor')
    const { outcome } = await executor.holdBudget(first.request)
    const nonce = outcome.case === 'held' ? outcome.value.nonce : expect.fail()
    // The request of a hold opens nothing, neither again nor with the new nonce.
    expect(outcomeName(await executor.releaseKeys(first.request))).toBe('nonce-used')
    const forged = await requestOf(agreement, room.shared, bundle, { purpose: 'hold' })
    expect(outcomeName(await executor.releaseKeys(forged.request))).toBe('report-data-mismatch')
    expect(await outcomeOf(agreement, room.shared, bundle, { nonce })).toBe('released')
    expect(await outcomeOf(agreement, room.shared, bundle, { nonce })).toBe('nonce-used')
  })

  test('is refused when something was revoked in between, and nothing is debited here then', async () => {
    const agreement = await fresh()
    const bundle = await holding(agreement, 0.1)
    const revocation = await revocationOf(agreement, 'bird', { type: 'contract' })
    await room.shared.as(room.parties.bird).applyRevocation({ revocation })
    expect(await releaseOf(agreement, bundle)).toBe('revoked')
    expect(await spentOf(agreement, agreement.dataset)).toBe(0)
  })
})

test('a hold that ends further away than a whole hold counts for nothing: the clock was set back', async () => {
  const agreement = await fresh()
  const bundle = await holding(agreement, 0.5)
  const { db } = room.shared.vault.store
  const ends = room.clock.now().getTime() + 2 * holdMs
  await db.updateTable('holds').set({ expires_at: ends }).where('run_id', '=', bundle.runId).execute()
  expect([await spend(agreement, 0.5), await spend(agreement, 0.5)]).toEqual(['released', 'released'])
})

test('what is kept of holds is forgotten when their runs end', async () => {
  const agreement = await fresh()
  const bundle = await holding(agreement, 0.1)
  const { db } = room.shared.vault.store
  await db.updateTable('holds').set({ ends_at: room.clock.now().getTime() }).where('run_id', '=', bundle.runId).execute()
  await holding(agreement, 0.1)
  expect(await db.selectFrom('holds').selectAll().where('run_id', '=', bundle.runId).execute()).toEqual([])
})
