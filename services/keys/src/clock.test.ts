import { describe, expect, test } from 'vitest'
import { startClock, toleranceMs } from './clock.ts'

const hour = 3600_000
const noon = Date.parse('2026-06-01T12:00:00.000Z')

/** A machine whose wall clock anybody can set. */
function machine() {
  const time = { wall: noon, monotonic: 17 }
  return {
    sources: { wall: () => time.wall, monotonic: () => time.monotonic },
    pass(ms: number) {
      time.wall += ms
      time.monotonic += ms
    },
    set(ms: number) {
      time.wall += ms
    },
  }
}

function started(newest = 0) {
  const { sources, pass, set } = machine()
  const clock = startClock(sources, newest)
  return { clock, pass, set, passed: () => clock.now().getTime() - noon }
}

test('time passes as it does on the wall', () => {
  const { clock, pass, passed } = started()
  pass(hour)
  expect([passed(), clock.isSound()]).toEqual([hour, true])
})

describe('a wall clock that is set', () => {
  test.each([hour, -hour, toleranceMs + 1, -toleranceMs - 1])('by %i ms is not followed, and is noticed', (ms) => {
    const { clock, pass, set, passed } = started()
    pass(1000)
    set(ms)
    pass(1000)
    expect([passed(), clock.isSound()]).toEqual([2000, false])
    expect(() => clock.requireSound()).toThrow(expect.objectContaining({ code: 'clock-unsound' }))
  })

  test('a little forward is followed, a little back never sets the time back', () => {
    const { clock, set, passed } = started()
    set(4000)
    expect([passed(), clock.isSound()]).toEqual([4000, true])
    set(-5000)
    expect([passed(), clock.isSound()]).toEqual([4000, true])
    set(2000)
    expect([passed(), clock.isSound()]).toEqual([4000, true])
  })

  test.each([3000, -3000])('by %i ms again and again is noticed: small steps add up', (ms) => {
    const { clock, pass, set } = started()
    for (const sound of [true, false]) {
      set(ms)
      pass(hour)
      expect(clock.isSound()).toBe(sound)
    }
  })

  test('is sound again once it is set right', () => {
    const { clock, pass, set, passed } = started()
    set(hour)
    clock.now()
    pass(1000)
    set(-hour)
    expect([passed(), clock.isSound()]).toEqual([1000, true])
  })

  test('forward is taken over when somebody confirms it', () => {
    const { clock, set, passed } = started()
    set(hour)
    clock.confirm()
    expect([passed(), clock.isSound()]).toEqual([hour, true])
  })

  test('back is sound when somebody confirms it, and the time still goes on from where it was', () => {
    const { clock, pass, set, passed } = started()
    set(-hour)
    clock.confirm()
    pass(1000)
    expect([passed(), clock.isSound()]).toEqual([1000, true])
  })
})

describe('a start', () => {
  test('with a clock before the last decision is not sound, and time goes on from that decision', () => {
    const { clock, pass, passed } = started(noon + hour)
    pass(1000)
    expect([passed(), clock.isSound()]).toEqual([hour + 1000, false])
  })

  test('is sound as soon as the clock is set right', () => {
    const { clock, set, passed } = started(noon + hour)
    set(hour)
    expect([passed(), clock.isSound()]).toEqual([hour, true])
  })

  test('with a clock a little before the last decision is sound', () => {
    const { clock, passed } = started(noon + toleranceMs)
    expect([passed(), clock.isSound()]).toEqual([toleranceMs, true])
  })
})

test('a store that comes in from a time that is not there yet is not set back, and nothing is sound', () => {
  const { clock, pass, passed } = started()
  clock.learn(noon - hour)
  expect([passed(), clock.isSound()]).toEqual([0, true])
  clock.learn(noon + hour)
  pass(1000)
  expect([passed(), clock.isSound()]).toEqual([hour + 1000, false])
})
