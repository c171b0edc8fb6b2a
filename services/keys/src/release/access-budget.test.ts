import type { AnalysisRule, Contract } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agreeAndImport } from '../testing/agreement.ts'
import { bundleOf, outcomeName, outcomeOf, requestOf } from '../testing/attempt.ts'
import { type Room, startRoom } from '../testing/room.ts'
import { startOfPeriod } from './access-budget.ts'

const dayMs = 24 * 3600_000

let room: Room
beforeAll(async () => {
  room = await startRoom()
  // Noon, so that no day ends while a test runs.
  const now = room.clock.now().getTime()
  room.clock.move(startOfPeriod('day', new Date(now + dayMs)) + dayMs / 2 - now)
})
afterAll(() => room.stop())

/** A contract for 60 days in which one slot has a budget; nobody has to approve anything. */
async function budgeted(slot: string, accessBudget: NonNullable<AnalysisRule['accessBudget']>) {
  const ends = new Date(room.clock.now().getTime() + 60 * dayMs).toISOString()
  const agreement = await agreeAndImport(room, (contract: Contract) => ({
    ...contract,
    slots: contract.slots.map(({ rule, ...rest }) => {
      const budget = rest.id === slot ? { accessBudget } : {}
      return { ...rest, rule: { ...rule, modes: ['aggregation' as const], ...budget } }
    }),
    validity: { ...contract.validity, notAfter: ends },
  }))
  const run = () => bundleOf(agreement)
  return { run, ask: async (bundle = run(), service = room.shared) => outcomeOf(agreement, service, await bundle), agreement }
}

describe("a slot's access budget", () => {
  test('is spent by runs of any query, once by each, and whole again in the next period', async () => {
    const { run, ask } = await budgeted('weather', [
      { period: 'day', max: 2 },
      { period: 'lifetime', max: 3 },
    ])
    const first = run()
    expect(await ask(first)).toBe('released')
    expect(await ask()).toBe('released')
    expect(await ask()).toBe('access-exhausted')
    // An executor that crashed may ask once more.
    expect(await ask(first)).toBe('released')
    room.clock.move(dayMs)
    expect(await ask()).toBe('released')
    // The day has one left, the lifetime none.
    expect(await ask()).toBe('access-exhausted')
    room.clock.move(dayMs)
    expect(await ask()).toBe('access-exhausted')
  })

  test('of a new day is not spent by a run that got the key before midnight and asks again', async () => {
    const { run, ask } = await budgeted('weather', [{ period: 'day', max: 1 }])
    room.clock.move(11 * 3600_000)
    const before = run()
    expect(await ask(before)).toBe('released')
    expect(await ask()).toBe('access-exhausted')
    room.clock.move(2 * 3600_000)
    expect(await ask(before)).toBe('released')
    expect(await ask()).toBe('released')
    expect(await ask()).toBe('access-exhausted')
    expect(await ask(before)).toBe('released')
    room.clock.move(11 * 3600_000)
  })

  test('is not spent by a run that is denied', async () => {
    const { run, ask, agreement } = await budgeted('strikes', [{ period: 'month', max: 1 }])
    const denied = await outcomeOf(agreement, room.shared, await run(), { nonces: (own) => ({ airs: own }) })
    expect(denied).toBe('nonce-unknown')
    expect(await ask()).toBe('released')
    expect(await ask()).toBe('access-exhausted')
  })

  test('is counted where the key of the slot is, and for one contract', async () => {
    const budget = [{ period: 'week' as const, max: 1 }]
    const { ask } = await budgeted('flights', budget)
    expect(await ask(undefined, room.airs)).toBe('released')
    expect(await ask(undefined, room.airs)).toBe('access-exhausted')
    expect([await ask(), await ask()]).toEqual(['released', 'released'])
    expect(await (await budgeted('flights', budget)).ask(undefined, room.airs)).toBe('released')
  })

  test('is never exceeded: of ten runs that race for the last three, three win', async () => {
    const { run, agreement } = await budgeted('weather', [{ period: 'day', max: 3 }])
    const runs = await Promise.all(Array.from({ length: 10 }, run))
    const requests = await Promise.all(runs.map((bundle) => requestOf(agreement, room.shared, bundle)))
    const executor = room.shared.from('executor')
    const outcomes = (await Promise.all(requests.map(({ request }) => executor.releaseKeys(request)))).map(outcomeName)
    expect(outcomes.filter((outcome) => outcome === 'released')).toHaveLength(3)
    expect(outcomes.filter((outcome) => outcome === 'access-exhausted')).toHaveLength(7)
  })
})

test('periods begin in UTC: at midnight, on Monday, on the first', () => {
  const start = (period: Parameters<typeof startOfPeriod>[0], now: string) =>
    new Date(startOfPeriod(period, new Date(now))).toISOString().slice(0, 10)
  expect(start('day', '2026-03-01T00:00:00.000Z')).toBe('2026-03-01')
  expect(start('day', '2026-02-28T23:59:59.999Z')).toBe('2026-02-28')
  expect(start('week', '2026-03-01T23:59:59.999Z')).toBe('2026-02-23')
  expect(start('week', '2026-03-02T00:00:00.000Z')).toBe('2026-03-02')
  expect(start('month', '2028-02-29T12:00:00.000Z')).toBe('2028-02-01')
  expect(startOfPeriod('lifetime', new Date(0))).toBeLessThan(0)
})
