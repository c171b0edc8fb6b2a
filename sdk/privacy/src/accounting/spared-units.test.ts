import { expect, test } from 'vitest'
import type { Asked } from './asked.ts'
import type { PrivacyRule } from './charge-of.ts'
import { columnOf, type NoisePlan } from './noise-plan.ts'
import { type NoiseRequest, planNoise } from './plan-noise.ts'

// Where it is known how many rows a unit has at most, enough rows are enough units: by noisy numbers that are paid for anyhow.

const rule: PrivacyRule = {
  epsilonBudget: 10,
  deltaBudget: 1e-8,
  maxEpsilonPerQuery: 5,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
}
const sparing = { rowsPerUnit: 7, rows: 'all' }
const cost = { values: 'cost', bounds: [0, 100], decimals: 0 } as const

function outcomeOf(asked: Asked, changes: Partial<NoiseRequest> = {}) {
  const request = { contribution: { groups: 2, rows: 7 }, declaredGroups: 50, minimumGroupSize: 20, asked: [asked], sparing }
  return planNoise({ ...request, ...changes }, [{ rule, spending: { epsilon: 1, delta: 1e-9 } }])
}

function planned(asked: Asked, changes: Partial<NoiseRequest> = {}): NoisePlan {
  const outcome = outcomeOf(asked, changes)
  if (outcome.outcome === 'refused') throw new Error(outcome.code)
  return outcome.plan
}

const count: Asked = { name: 'n', aggregate: 'count', rows: 'all' }

test('so many rows that twenty units cannot have fewer are enough, and no noise changes for it', () => {
  const [plan, without] = [planned(count), planned(count, { sparing: undefined })]
  expect(plan.threshold).toEqual({ ...without.threshold, spared: { column: 'rows all', minimum: 140n } })
  expect(without.threshold).toMatchObject({ column: 'units', minimum: 20n, spared: null })
  expect([plan.columns, plan.cost]).toEqual([without.columns, without.cost])
})

test('rows with a value do as well: they are no more than all rows', () => {
  expect(planned({ name: 'a', aggregate: 'avg', ...cost }).threshold?.spared?.column).toBe('rows cost')
})

test('where no rows are counted, they are with half of what the threshold spends, and what is asked keeps its own', () => {
  const median: Asked = { name: 'm', aggregate: 'quantile', quantile: 0.5, ...cost }
  const [plan, without] = [planned(median), planned(median, { sparing: undefined })]
  expect(plan.threshold?.spared).toEqual({ column: 'rows all', minimum: 140n })
  expect(columnOf(plan, 'quantile 1/2 cost')).toEqual(columnOf(without, 'quantile 1/2 cost'))
  const shares = (name: string, of = plan) => columnOf(of, name).shares.map(({ amount }) => amount)
  expect([shares('rows all'), shares('units'), shares('units', without)]).toEqual([[250_000n], [250_000n], [500_000n]])
  expect(plan.cost.epsilon).toEqual(without.cost.epsilon)
})

test.each([
  ['groups come from the data, and few units hide them', { declaredGroups: null }],
  ['another dataset is promised a number of them', { assuredUnits: 5 }],
  ['they are asked for', { asked: [count, { name: 'u', aggregate: 'countUnits' } as const] }],
])('units are counted all the same where %s', (_, changes) => {
  expect(planned(count, changes).threshold?.spared).toBeNull()
})

test('a number of rows that is none is refused', () => {
  for (const rowsPerUnit of [0, -1, 1.5, Number.NaN])
    expect(outcomeOf(count, { sparing: { ...sparing, rowsPerUnit } })).toMatchObject({ code: 'contribution-malformed' })
})
