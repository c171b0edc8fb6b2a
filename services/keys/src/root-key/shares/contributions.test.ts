import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from '@reinraum/crypto'
import { expect, test, vi } from 'vitest'
import { collectContributions } from './contributions.ts'

const zero = new Uint8Array(33)

/** The shares as they lie in memory: everything that is set to something while they are added. */
function spiedOn(add: () => void): readonly Uint8Array[] {
  const spy = vi.spyOn(Map.prototype, 'set')
  add()
  const kept = spy.mock.calls.map(([, value]) => value).filter((value) => value instanceof Uint8Array)
  spy.mockRestore()
  return kept
}

test('a ceremony that stands still is given up, and what came in is overwritten', async () => {
  const contributions = collectContributions(40)
  const share = randomBytes(33)
  const kept = spiedOn(() => contributions.add('air', share))
  expect(kept).toEqual([share])
  await sleep(120)
  expect(contributions.size).toBe(0)
  expect(kept).toEqual([zero])
})

test('each contribution gives the others more time', async () => {
  const contributions = collectContributions(300)
  contributions.add('air', randomBytes(33))
  await sleep(200)
  contributions.add('bird', randomBytes(33))
  await sleep(200)
  expect(contributions.size).toBe(2)
  contributions.forget()
})

test('what is forgotten is overwritten, and what is taken is left to whoever took it, also later', async () => {
  const contributions = collectContributions(20)
  const [one, other] = [randomBytes(33), randomBytes(33)]
  const kept = spiedOn(() => contributions.add('air', one))
  contributions.forget()
  expect([kept, contributions.size]).toEqual([[zero], 0])
  contributions.add('bird', other)
  const taken = contributions.take()
  await sleep(60)
  expect(taken).toEqual([other])
  expect(contributions.size).toBe(0)
})

test('the second contribution of a holder changes nothing', () => {
  const contributions = collectContributions(1000)
  const [first, second] = [randomBytes(33), randomBytes(33)]
  contributions.add('air', first)
  contributions.add('air', second)
  expect(contributions.take()).toEqual([first])
})
