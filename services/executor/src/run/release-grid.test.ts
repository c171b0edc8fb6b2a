import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startReleaseGrid } from './release-grid.ts'

// The clock is the test's, timers are real: a step is longer than any test may take, so that a wait ends or does not.
const everyMs = 1_000_000

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => vi.useRealTimers())

describe('the next point of a grid', () => {
  it.each([1, 2, 7])('is %i steps after the start, however far the last of them has got', async (steps) => {
    const grid = startReleaseGrid(everyMs)
    vi.advanceTimersByTime(steps * everyMs - 1)
    await grid.next(new AbortController().signal)
  })

  it.each([0, 1, 7])('is a whole step away after %i steps, and not waited for once the run is stopped', async (steps) => {
    const grid = startReleaseGrid(everyMs)
    vi.advanceTimersByTime(steps * everyMs + 1)
    const stop = new AbortController()
    const next = grid.next(stop.signal).then(
      () => 'came',
      (error: Error) => error.name,
    )
    expect(await Promise.race([next, sleep(10, 'waited for')])).toBe('waited for')
    stop.abort()
    expect(await next).toBe('AbortError')
  })
})
