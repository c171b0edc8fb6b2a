import type { NoiseReport } from '@reinraum/policy'
import { expect, test } from 'vitest'
import { noiseLines } from './noise-text.ts'

function noiseOf(step: number | null): NoiseReport {
  const measure = { measure: 'quantile 1/2 cost', mechanism: 'exponential', sensitivity: 2, scale: 0.125, step } as const
  const cells = { block: 'result', groups: [], declaredGroups: 1, leastUnits: 0, enoughRows: null, tau: null, assuredUnits: null }
  return { epsilon: 1, delta: 0, cells: [{ ...cells, measures: [measure], outputs: [], unitsForTwentieth: 100 }] }
}

test('who decides reads in what steps a quantile comes, where they are coarser than its column', () => {
  const said = (step: number | null) => noiseLines(noiseOf(step)).find(([title]) => title === 'noise')?.[1]
  expect(said(5)).toBe(
    'quantile 1/2 cost: exponential mechanism of epsilon 0.125 a row, in steps of 5; one unit has at most 2 rows',
  )
  expect(said(0.05)).toContain('in steps of 0.05;')
  expect(said(null)).toBe('quantile 1/2 cost: exponential mechanism of epsilon 0.125 a row; one unit has at most 2 rows')
})
