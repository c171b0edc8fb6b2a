import { expect, it } from 'vitest'
import { standingAt } from './standing.ts'

const at = (milliseconds: number) => new Date(milliseconds)

it('both ends belong to a validity, and a clock that is no time is in none', () => {
  const standings = [999, 1000, 1500, 2000, 2001, Number.NaN].map((now) => standingAt(at(now), at(1000), at(2000)))
  expect(standings).toEqual(['not-yet', 'in-force', 'in-force', 'in-force', 'over', 'not-yet'])
})
