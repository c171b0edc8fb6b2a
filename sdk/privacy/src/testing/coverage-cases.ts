import type { Asked } from '../accounting/asked.ts'
import type { Group } from './coverage.ts'

const age = { values: 'age', bounds: [0, 120], decimals: 0 } as const

/** Queries whose intervals are tested, each by itself and with what it shares noise with. */
export const outputs: readonly (readonly Asked[])[] = [
  [
    { name: 'people', aggregate: 'countUnits' },
    { name: 'total', aggregate: 'sum', ...age },
  ],
  [
    { name: 'mean', aggregate: 'avg', ...age },
    { name: 'total', aggregate: 'sum', ...age },
  ],
  [{ name: 'variance', aggregate: 'variance', of: 'sample', ...age }],
  [{ name: 'deviation', aggregate: 'stddev', of: 'population', ...age }],
  [
    { name: 'median', aggregate: 'quantile', quantile: '0.5', ...age },
    { name: 'decile', aggregate: 'quantile', quantile: '0.1', ...age },
  ],
]

function group(rows: number, value: (i: number) => number): Group {
  return { values: Array.from({ length: rows }, (_, i) => BigInt(value(i))) }
}

/** Small and large groups, narrow and wide, in the middle of the bounds and at their edge. */
export const registers = [
  { name: 'ages of 800 people', group: group(800, (i) => (i * 37) % 95) },
  { name: '40 people of nearly one age', group: group(40, (i) => 30 + (i % 3)) },
  { name: '300 people, half of them at each bound', group: group(300, (i) => (i % 2) * 120) },
  { name: 'five people', group: group(5, (i) => 118 + (i % 2)) },
]

/** What the outputs are without noise. */
export function exactOf({ values }: Group): Readonly<Record<string, number>> {
  const numbers = values.map(Number)
  const n = numbers.length
  const total = numbers.reduce((a, b) => a + b, 0)
  const squares = numbers.map((x) => (x - total / n) ** 2).reduce((a, b) => a + b, 0)
  return {
    people: n,
    total,
    mean: total / n,
    variance: squares / (n - 1),
    deviation: Math.sqrt(squares / n),
    median: 0,
    decile: 0,
  }
}
