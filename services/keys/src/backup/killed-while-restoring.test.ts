import { expect, test } from 'vitest'
import { killWhileRestoring } from '../testing/killed-while-restoring.ts'

test('kill -9 while the last share puts a backup in place leaves it waiting or done', { timeout: 120_000 }, async () => {
  const found = await killWhileRestoring((statements) => [Math.floor(statements * 0.7), statements - 1])
  expect(found).toEqual({ waiting: 1, done: 1 })
})
