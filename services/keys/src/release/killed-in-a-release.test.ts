import { expect, test } from 'vitest'
import { killInImports, killInReleases } from '../testing/killed-in-a-release.ts'

// A round is a key service that dies in a release: six in each process. `killed-in-a-release.long.test.ts` has 1000 of them, and
// every statement of an import.
test('killed at every step of a release, a key service has all of it or nothing, and a run never pays twice', {
  timeout: 600_000,
}, async () => {
  const { statements, kills, before, after } = await killInReleases(200, 20_261_122)
  expect(statements).toBeGreaterThan(20)
  expect(kills).toBeGreaterThan(statements)
  expect(before + after).toBeGreaterThanOrEqual(200)
  expect(Math.min(before, after)).toBeGreaterThan(0)
})

test('killed in an import, a key service has the whole key or nothing of it', { timeout: 120_000 }, async () => {
  expect(await killInImports(12)).toBeGreaterThan(8)
})
