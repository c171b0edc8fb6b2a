import type { DifferentialPrivacy } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agreeOnNoise, ask, type Imported, reading, spend, spending } from '../testing/noise.ts'
import { type Room, startRoom } from '../testing/room.ts'

const dayMs = 24 * 3600_000
const yearly: Partial<DifferentialPrivacy> = { refresh: { everyDays: 365, newDataOnly: true } }

let room: Room
beforeAll(async () => {
  room = await startRoom()
})
afterAll(() => room.stop())

/** Contracts of these tests last as long as the clock is moved. */
async function agreed(rule: Partial<DifferentialPrivacy> = yearly): Promise<Imported> {
  const ends = new Date(room.clock.now().getTime() + 2000 * dayMs).toISOString()
  return agreeOnNoise(room, { strikes: rule }, (contract) => ({
    ...contract,
    validity: { ...contract.validity, notAfter: ends },
  }))
}

/** The agreement, read through a version that holds these parts of the dataset. */
const holding = (agreement: Imported, dataset: string, ...periods: number[]) => reading(agreement, dataset, { periods })

describe('a version that its owner says holds new data only', () => {
  test('has a budget of its own once it is due, by the key service’s clock', async () => {
    const agreement = await agreed()
    const [first, second] = [await holding(agreement, 'due', 1), await holding(agreement, 'due', 2)]
    expect([await spend(first, 0.5), await spend(first, 0.5)]).toEqual(['released', 'released'])
    expect(await spend(second, 0.5)).toBe('budget-not-due')
    room.clock.move(364 * dayMs)
    expect(await spend(second, 0.5)).toBe('budget-not-due')
    room.clock.move(dayMs)
    expect([await spend(second, 0.5), await spend(second, 0.5)]).toEqual(['released', 'released'])
    expect(await spend(second, 0.000001)).toBe('budget-exhausted')
    // What was there before is spent as it was.
    expect(await spend(first, 0.000001)).toBe('budget-exhausted')
  })

  test('begins no two budgets at a time, whatever the numbers of their parts', async () => {
    const agreement = await agreed()
    const [first, second, third] = [
      await holding(agreement, 'order', 1),
      await holding(agreement, 'order', 2),
      await holding(agreement, 'order', 3),
    ]
    expect(await spend(second, 0.1)).toBe('released')
    for (const other of [first, third]) expect(await spend(other, 0.1)).toBe('budget-not-due')
    room.clock.move(365 * dayMs)
    expect(await spend(third, 0.1)).toBe('released')
    expect(await spend(first, 0.1)).toBe('budget-not-due')
  })

  test('waits for parts of its own dataset, and of its own owner alone', async () => {
    const agreement = await agreed()
    expect(await spend(await holding(agreement, 'one', 1), 0.1)).toBe('released')
    expect(await spend(await holding(agreement, 'another', 2), 0.1)).toBe('released')
  })

  test('is refused where the budget never starts again', async () => {
    const agreement = await agreed({ refresh: 'never' })
    expect(await refusalOf(() => holding(agreement, 'never', 2))).toBe('invalid-statement')
  })
})

test('a new version of the same part goes on spending the same budget', async () => {
  const agreement = await agreed()
  expect(await spend(await holding(agreement, 'corrected', 1), 0.5)).toBe('released')
  room.clock.move(400 * dayMs)
  const corrected = await holding(agreement, 'corrected', 1)
  expect([await spend(corrected, 0.5), await spend(corrected, 0.1)]).toEqual(['released', 'budget-exhausted'])
})

test('a version with old and new data spends the budgets of all its parts, or of none', async () => {
  const agreement = await agreed()
  const [old, fresh] = [await holding(agreement, 'growing', 1), await holding(agreement, 'growing', 2)]
  const all = await holding(agreement, 'growing', 1, 2)
  expect(await spend(old, 0.5)).toBe('released')
  // Neither part of it before the second is due.
  expect(await spend(all, 0.1)).toBe('budget-not-due')
  room.clock.move(365 * dayMs)
  const { debits } = await ask(all, await spending(all, 0.3))
  expect(debits.map(({ period, sequence, spent }) => [period, sequence, spent.epsilon])).toEqual([
    [1, 2, 800_000],
    [2, 1, 300_000],
  ])
  const refused = await ask(all, await spending(all, 0.3))
  expect(refused.shortfalls.map(({ period, left }) => [period, left.epsilon])).toEqual([[1, 200_000]])
  expect([await spend(fresh, 0.5), await spend(fresh, 0.2), await spend(fresh, 0.1)]).toEqual([
    'released',
    'released',
    'budget-exhausted',
  ])
})
