import { expect, test } from 'vitest'
import { raceReleases } from '../testing/races.ts'

test('two releases race for the last run of an approval 10,000 times: one of them wins', { timeout: 3_600_000 }, async () => {
  const wins = await raceReleases(10_000)
  expect(Math.min(...wins)).toBeGreaterThan(1000)
})
