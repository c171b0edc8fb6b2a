import { expect, test } from 'vitest'
import { operatingSystemRandomness, randomPool } from './random-source.ts'

test('every word of the buffer is given once, and the buffer is filled again', () => {
  let filled = 0
  const random = randomPool((words) => {
    for (let at = 0; at < words.length; at += 1) words[at] = filled++
  })
  expect(Array.from({ length: 5000 }, random)).toEqual(Array.from({ length: 5000 }, (_, at) => at))
})

test('nothing that was given stays in memory', () => {
  let buffer: Uint32Array | undefined
  const random = randomPool((words) => {
    buffer = words.fill(0xffff_ffff)
  })
  for (let given = 1; given <= 100; given += 1) {
    random()
    expect(buffer?.subarray(0, given).every((word) => word === 0)).toBe(true)
  }
})

test('a generator that fails gives no word, also the next time', () => {
  const random = randomPool(() => {
    throw new Error('no entropy')
  })
  expect(random).toThrow('no entropy')
  expect(random).toThrow('no entropy')
})

test('the operating system gives 32 bits that differ', () => {
  const words = Array.from({ length: 3000 }, operatingSystemRandomness)
  // 3000 words repeat one with probability 0.1 %, two with less than 10⁻⁶.
  expect(new Set(words).size).toBeGreaterThan(2997)
  expect(words.reduce((or, word) => or | word, 0) >>> 0).toBe(0xffff_ffff)
  expect(words.reduce((and, word) => and & word, -1)).toBe(0)
})
