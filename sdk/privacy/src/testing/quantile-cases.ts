import type { QuantileQuery } from '../mechanisms/quantile.ts'
import type { ValueCount } from '../mechanisms/ranks.ts'
import { approximate, rational } from '../rational.ts'
import type { SmallQuantile } from './exact-quantile.ts'

export interface QuantileCase {
  readonly name: string
  readonly rows: readonly number[]
  readonly query: QuantileQuery
}

const [half, one] = [rational(1, 2), rational(1)]
const few = { bounds: { low: -3n, high: 12n }, quantile: half, epsilon: one, rowsPerUnit: 1n }

export const quantileCases: readonly QuantileCase[] = [
  { name: 'an odd number of rows', rows: [0, 1, 2, 5, 9], query: few },
  { name: 'an even number of rows with a gap in the middle', rows: [-2, 0, 6, 11], query: { ...few, epsilon: rational(3) } },
  { name: 'rows that share a value', rows: [4, 4, 4, 4, 4, 4, 4, 9], query: { ...few, epsilon: rational(3, 2) } },
  { name: 'a quantile near the end', rows: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], query: { ...few, quantile: rational(9, 10) } },
  { name: 'the least', rows: [3, 5, 5, 8], query: { ...few, quantile: rational(0), epsilon: rational(7, 3) } },
  { name: 'the largest', rows: [3, 5, 5, 8], query: { ...few, quantile: one } },
  { name: 'several rows of a unit', rows: [0, 0, 0, 7, 7, 7, 8, 8], query: { ...few, epsilon: rational(5), rowsPerUnit: 3n } },
  { name: 'rows at the bounds', rows: [-3, -3, -3, 12, 12], query: { ...few, epsilon: rational(2) } },
  { name: 'no rows', rows: [], query: few },
  { name: 'a single grid point', rows: [2, 2], query: { ...few, bounds: { low: 2n, high: 2n } } },
  {
    name: 'a sharp peak in a wide interval, so that most weight is far from it',
    rows: Array.from({ length: 16 }, () => 500),
    query: { ...few, bounds: { low: 0n, high: 1999n } },
  },
  {
    name: 'so many rows that the ends are in the last level',
    rows: Array.from({ length: 60 }, (_, index) => Math.floor(index / 2)),
    query: { ...few, bounds: { low: -10n, high: 50n }, epsilon: rational(4) },
  },
]

export function countsOf(rows: readonly number[]): readonly ValueCount[] {
  const values = [...new Set(rows)].toSorted((a, b) => a - b)
  return values.map((value) => ({ value: BigInt(value), count: BigInt(rows.filter((row) => row === value).length) }))
}

export function inNumbers({ bounds, quantile, epsilon, rowsPerUnit }: QuantileQuery): SmallQuantile {
  const [low, high] = [Number(bounds.low), Number(bounds.high)]
  return { low, high, quantile: approximate(quantile), epsilon: approximate(epsilon), rowsPerUnit: Number(rowsPerUnit) }
}
