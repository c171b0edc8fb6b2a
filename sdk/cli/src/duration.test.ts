import { expect, it } from 'vitest'
import { durationMs } from './duration.ts'

it('a duration is a number and a unit', () => {
  expect(['0s', '90m', '12h', '7d'].map(durationMs)).toEqual([0, 5_400_000, 43_200_000, 604_800_000])
})

it.each(['', '7', 'd', '-1d', '1.5h', '07d', '1w', '7 d', '7dd', '1234567s'])('%j is none', (text) => {
  expect(() => durationMs(text)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
})
