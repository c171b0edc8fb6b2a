import { expect, test } from 'vitest'
import { killInImports, killInReleases } from '../testing/killed-in-a-release.ts'

const timeout = 1_800_000

test('killed in 1000 releases, at every step and at any moment, a key service never releases without debit and log entry', {
  timeout,
}, async () => {
  const { statements, before, after, answered } = await killInReleases(1000, 6)
  expect(statements).toBeGreaterThan(20)
  expect(Math.min(before, after, answered)).toBeGreaterThan(0)
})

test('killed at every step of an import, a key service has the whole key or nothing of it', { timeout }, async () => {
  expect(await killInImports(1)).toBeGreaterThan(8)
})
