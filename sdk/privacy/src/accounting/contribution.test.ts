import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Contribution, groupsOf, sensitivityOfRows, sensitivityOfSum, sensitivityOfUnits } from './contribution.ts'

/** All ways in which one unit may have rows in so many groups. */
function* waysToContribute(
  { groups = 9, rows = 99, rowsPerGroup = 9 }: Contribution,
  among: number,
): Generator<readonly number[]> {
  if (among === 0) {
    yield []
    return
  }
  for (let n = 0; n <= Math.min(rows, rowsPerGroup) && (n === 0 || groups > 0); n += 1) {
    for (const rest of waysToContribute({ groups: groups - (n > 0 ? 1 : 0), rows: rows - n, rowsPerGroup }, among - 1))
      yield [n, ...rest]
  }
}

const most = (ways: readonly (readonly number[])[], of: (n: number) => number) =>
  BigInt(Math.max(...ways.map((way) => way.map(of).reduce((a, b) => a + b, 0))))

const bounds: readonly Contribution[] = [
  { groups: 1, rows: 1 },
  { groups: 3, rows: 1 },
  { groups: 1, rows: 4 },
  { groups: 2, rows: 5 },
  { rows: 4 },
  { groups: 3, rowsPerGroup: 2 },
  { groups: 3, rows: 5, rowsPerGroup: 2 },
  { groups: 2, rows: 5, rowsPerGroup: 2 },
  { rows: 5, rowsPerGroup: 3 },
  { groups: 2, rows: 3, rowsPerGroup: 7 },
]

describe('sensitivities are the most that any unit within the bounds changes, over all ways to have rows in five groups', () => {
  test.each(bounds)('%o', (contribution) => {
    const ways = [...waysToContribute(contribution, 5)]
    const [units, rows] = [sensitivityOfUnits(contribution), sensitivityOfRows(contribution)]
    expect(rows).toEqual({ l1: most(ways, (n) => n), l2Squared: most(ways, (n) => n * n) })
    if (units === null || rows === null) throw new Error('bounded')
    // of units, groups are bounded by the rows too
    expect(units.l1).toBe(most(ways, (n) => Math.sign(n)))
    expect(units.l2Squared).toBe(units.l1)
    expect(sensitivityOfSum(rows, 7n)).toEqual({ l1: most(ways, (n) => 7 * n), l2Squared: most(ways, (n) => 49 * n * n) })
  })
})

test('what nothing bounds has no sensitivity', () => {
  expect(sensitivityOfRows({ groups: 3 })).toBeNull()
  expect(sensitivityOfRows({ rowsPerGroup: 3 })).toBeNull()
  expect(sensitivityOfRows({})).toBeNull()
  expect(sensitivityOfUnits({ rowsPerGroup: 3 })).toBeNull()
  expect(groupsOf({})).toBeNull()
})

test('a looser bound is never less sensitive', () => {
  const bound = fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined })
  const contributions = fc.record({ groups: bound, rows: bound, rowsPerGroup: bound })
  fc.assert(
    fc.property(contributions, fc.constantFrom('groups', 'rows', 'rowsPerGroup'), (contribution, name) => {
      const looser = { ...contribution, [name]: contribution[name] === undefined ? undefined : contribution[name] + 1 }
      const [before, after] = [sensitivityOfRows(contribution), sensitivityOfRows(looser)]
      if (before === null || after === null) return before === after
      return before.l1 <= after.l1 && before.l2Squared <= after.l2Squared && before.l2Squared <= before.l1 * before.l1
    }),
  )
})
