import { ReinraumError } from '@reinraum/crypto'
import { expect, test } from 'vitest'
import { withRetry } from './retry.ts'

const failing = (code: 'unavailable' | 'conflict', times: number) => {
  let calls = 0
  return async () => {
    if (++calls <= times) throw new ReinraumError(code, 'no')
    return calls
  }
}

test('what is unavailable is asked again until it answers', async () => {
  const attempts: number[] = []
  const answered = withRetry(failing('unavailable', 3), { firstDelayMs: 1, onRetry: (_, attempt) => attempts.push(attempt) })
  expect(await answered).toBe(4)
  expect(attempts).toEqual([1, 2, 3])
})

test('after the last attempt the failure stands', async () => {
  await expect(withRetry(failing('unavailable', 9), { attempts: 3, firstDelayMs: 1 })).rejects.toMatchObject({
    code: 'unavailable',
  })
})

test('a refusal is not asked again', async () => {
  const fn = failing('conflict', 1)
  await expect(withRetry(fn, { firstDelayMs: 1 })).rejects.toMatchObject({ code: 'conflict' })
  expect(await fn()).toBe(2)
})

test('waiting ends when the signal does', async () => {
  const controller = new AbortController()
  const waiting = withRetry(failing('unavailable', 9), { firstDelayMs: 60_000, signal: controller.signal })
  setTimeout(() => controller.abort(), 20)
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
})
