import { expect, test } from 'vitest'
import { killWhileRestoring } from '../testing/killed-while-restoring.ts'

test('kill -9 before every third statement leaves a backup waiting or done', { timeout: 1_800_000 }, async () => {
  const found = await killWhileRestoring((statements) => Array.from({ length: Math.floor(statements / 3) }, (_, at) => at * 3))
  console.info(`waiting after ${found.waiting} kills, done after ${found.done}`)
  expect(found.waiting).toBeGreaterThan(0)
  expect(found.done).toBeGreaterThan(0)
})
