import { expect, test } from 'vitest'
import { createReplayCache } from './replay-cache.ts'

const at = (seconds: number) => new Date(seconds * 1000)

test('a token is admitted once until it expires', () => {
  const cache = createReplayCache(10)
  cache.admit('a', at(60), at(0), 'here')
  expect(() => cache.admit('a', at(60), at(59), 'elsewhere')).toThrow(expect.objectContaining({ code: 'unauthenticated' }))
})

test('what has expired makes room', () => {
  const cache = createReplayCache(4)
  cache.admit('a', at(60), at(0), 'here')
  cache.admit('b', at(61), at(1), 'here')
  expect(() => cache.admit('c', at(62), at(2), 'here')).toThrow(expect.objectContaining({ code: 'resource-exhausted' }))
  cache.admit('c', at(120), at(60), 'here')
  expect(cache.size).toBe(2)
})

test('memory is bounded under a flood of tokens', () => {
  const cache = createReplayCache(1000)
  for (let i = 0; i < 5000; i++) {
    try {
      cache.admit(String(i), at(60), at(0), String(i))
    } catch {
      // refused
    }
  }
  expect(cache.size).toBe(1000)
})

/** Tokens of a group that are admitted until one is refused. */
function flood(cache: ReturnType<typeof createReplayCache>, group: string): number {
  for (let count = 0; ; count += 1) {
    try {
      cache.admit(`${group} ${count}`, at(60), at(0), group)
    } catch {
      return count
    }
  }
}

test('one address with many keys leaves as much room as it takes up', () => {
  const cache = createReplayCache(1000)
  expect(flood(cache, 'flooding')).toBe(500)
  expect(flood(cache, 'too')).toBe(250)
  expect(flood(cache, 'and too')).toBe(125)
  cache.admit('honest', at(60), at(0), 'honest')
  // When theirs have expired they get no more than their part again.
  expect(() => cache.admit('one', at(60), at(1), 'flooding')).toThrow(expect.objectContaining({ code: 'resource-exhausted' }))
  cache.admit('one', at(180), at(61), 'flooding')
  expect(cache.size).toBe(1)
})
