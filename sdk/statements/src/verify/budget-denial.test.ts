import { beforeAll, describe, expect, test } from 'vitest'
import type { Release } from '../kinds/release.ts'
import type { Shortfall } from '../parts/ledger-amounts.ts'
import { withPayload } from '../testing/forgery.ts'
import { refusalOf } from '../testing/refusal.ts'
import { createParties, createRoom, now, type Parties, type Room, signAs, withRule } from '../testing/room.ts'
import type { VerifiedContract } from '../verified.ts'
import { verifyBudgetDenial } from './budget-denial.ts'
import { verifyContract } from './contract.ts'

const digest = `sha256:${'0'.repeat(64)}`
const short: Shortfall = {
  ...{ slot: 'airports', dataset: 'airports', period: 1, accounting: 'basic' },
  left: { epsilon: 200_000, delta: 0 },
  fits: { epsilon: 200_000, delta: 0 },
}

let parties: Parties
let room: Room
let contract: VerifiedContract
let denial: Release

/** The rule of the airports, whose keys air-keys holds, asks for noise. */
beforeAll(async () => {
  parties = await createParties()
  const differentialPrivacy = {
    ...{ epsilonBudget: 1, deltaBudget: 0, maxEpsilonPerQuery: 1 },
    ...{ mechanism: 'discreteLaplace' as const, accounting: 'basic' as const, refresh: 'never' as const },
  }
  room = await createRoom(parties, {
    contract: (c) => ({ ...c, slots: c.slots.map((s) => (s.id === 'airports' ? withRule(s, { differentialPrivacy }) : s)) }),
  })
  contract = await verifyContract(room.bundle.contract, { now })
  denial = {
    ...{ kind: 'reinraum/release/v1', keyService: 'air-keys', contract: room.contract, run: room.run, query: room.query },
    ...{ by: 'analyst', sequence: 3, previous: digest, evidence: digest, hardware: false, decidedAt: now.toISOString() },
    outcome: { decision: 'denied', reason: 'budget-exhausted', budget: [short] },
  }
})

const refused = async (change: Partial<Release>, signer = 'air-keys') =>
  refusalOf(async () => verifyBudgetDenial(await signAs(parties, signer, { ...denial, ...change }), contract, room.run))
const saying = (...budget: readonly Shortfall[]): Partial<Release> => ({
  outcome: { decision: 'denied', reason: 'budget-exhausted', budget: [...budget] },
})

describe('a denial for want of a budget', () => {
  test('says what its key service signed of this run', async () => {
    const { release, shortfalls } = await verifyBudgetDenial(await signAs(parties, 'air-keys', denial), contract, room.run)
    expect(release.document.keyService).toBe('air-keys')
    expect(shortfalls).toEqual([short])
  })

  test('is refused of another run, of another contract, by another signer, and changed', async () => {
    expect(await refused({ run: digest })).toBe('invalid-statement')
    expect(await refused({ contract: digest })).toBe('contract-mismatch')
    expect(await refused({}, 'shared-keys')).toBe('signature-missing')
    expect(await refused({}, 'stranger')).toBe('unknown-member')
    const changed = withPayload(await signAs(parties, 'air-keys', denial), (d) => ({ ...d, ...saying({ ...short, fits: null }) }))
    expect(await refusalOf(() => verifyBudgetDenial(changed, contract, room.run))).toBe('signature-invalid')
  })

  test('is refused where it is another decision', async () => {
    const budget = [short]
    const outcomes: readonly Release['outcome'][] = [
      { decision: 'denied', reason: 'budget-exhausted' },
      { decision: 'denied', reason: 'approval-missing', budget },
      { decision: 'released', datasets: [{ slot: 'airports', manifest: digest }], runs: [] },
    ]
    for (const outcome of outcomes) expect(await refused({ outcome })).toBe('invalid-statement')
  })

  test('is refused where it tells of a budget that the key service does not count, or twice of one', async () => {
    expect(await refused({ keyService: 'shared-keys' }, 'shared-keys')).toBe('invalid-statement')
    expect(await refused(saying({ ...short, slot: 'flights' }))).toBe('invalid-statement')
    expect(await refused(saying({ ...short, slot: 'nothing' }))).toBe('invalid-statement')
    expect(await refused(saying({ ...short, accounting: 'zcdp' }))).toBe('invalid-statement')
    expect(await refused(saying(short, short))).toBe('invalid-statement')
    expect(await refused(saying({ ...short, left: { epsilon: -1, delta: 0 } }))).toBe('invalid-statement')
  })

  test('is refused where it is longer than what is passed on', async () => {
    const many = Array.from({ length: 200 }, (_, i) => ({ ...short, period: i + 1 }))
    expect(await refused(saying(...many))).toBe('invalid-statement')
    const fewer = await signAs(parties, 'air-keys', { ...denial, ...saying(...many.slice(0, 60)) })
    expect((await verifyBudgetDenial(fewer, contract, room.run)).shortfalls).toHaveLength(60)
  })

  test('is refused where it is nothing at all', async () => {
    for (const bytes of [new Uint8Array(), Uint8Array.of(255, 0, 1), new TextEncoder().encode('{"payload":"e30"}')])
      expect(await refusalOf(() => verifyBudgetDenial(bytes, contract, room.run))).toMatch(/invalid|malformed/)
  })
})
