import { expect, test } from 'vitest'
import { raceDebits, raceReleases } from '../testing/races.ts'

// 10,000 in all. Those that go through everything cost most: `last-run.long.test.ts` has 10,000 of them.
const whole = 250

test(`two releases race for the last run of an approval ${whole} times: one of them wins`, { timeout: 300_000 }, async () => {
  const wins = await raceReleases(whole)
  expect(wins[0] + wins[1]).toBe(whole)
  expect(Math.min(...wins)).toBeGreaterThan(whole / 10)
})

test(`two runs race for the last debit of an approval ${10_000 - whole} times: one of them pays`, { timeout: 300_000 }, () =>
  raceDebits(10_000 - whole),
)
