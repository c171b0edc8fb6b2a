import { describe, expect, test } from 'vitest'
import { operatingSystemRandomness as random } from '../sampling/random-source.ts'
import { coverageOf, plannedFor } from '../testing/coverage.ts'
import { exactOf, outputs, registers } from '../testing/coverage-cases.ts'

const runs = 20_000
// Four standard deviations: one false alarm in 30,000 for each of the 64 intervals, if all covered 95 % exactly.
const least = 0.95 - 4 * Math.sqrt((0.95 * 0.05) / runs)

describe('the exact value lies within its 95 % interval in 19,000 of 20,000 runs', () => {
  const mechanisms = ['discreteLaplace', 'discreteGaussian'] as const
  const cases = registers.flatMap(({ name, group }) => mechanisms.map((mechanism) => ({ name, group, mechanism })))
  test.each(cases)('$mechanism, over $name', ({ mechanism, group }) => {
    const exact = exactOf(group)
    for (const asked of outputs) {
      const coverage = coverageOf(plannedFor(mechanism, asked), group, exact, { runs, random })
      for (const output of coverage) expect(output.covered, output.name).toBeGreaterThan(least)
    }
  })
})
