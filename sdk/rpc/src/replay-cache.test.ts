import { expect, test } from 'vitest'
import { createReplayCache } from './replay-cache.ts'

const at = (seconds: number) => new Date(seconds * 1000)

test('a token is admitted once until it expires', () => {
  const cache = createReplayCache(10)
  cache.admit('a', at(60), at(0))
  expect(() => cache.admit('a', at(60), at(59))).toThrow(expect.objectContaining({ code: 'unauthenticated' }))
})

test('what has expired makes room', () => {
  const cache = createReplayCache(2)
  cache.admit('a', at(60), at(0))
  cache.admit('b', at(61), at(1))
  expect(() => cache.admit('c', at(62), at(2))).toThrow(expect.objectContaining({ code: 'resource-exhausted' }))
  cache.admit('c', at(120), at(60))
  expect(cache.size).toBe(2)
})

test('memory is bounded under a flood of tokens', () => {
  const cache = createReplayCache(1000)
  for (let i = 0; i < 5000; i++) {
    try {
      cache.admit(String(i), at(60), at(0))
    } catch {
      // refused
    }
  }
  expect(cache.size).toBe(1000)
})
