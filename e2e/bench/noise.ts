import { cpus } from 'node:os'
import { discreteGaussianSampler, parseDecimal, type Rational, rational } from '@reinraum/privacy'

// What exact noise costs: 10,000 discrete Gaussian draws beside as many from `Math.random` and the Box-Muller transform, which
// are fast and not private. Both take turns, so that whatever slows the processor slows both.
// Usage: node --conditions=source e2e/bench/noise.ts [rounds]

const draws = 10_000
const limit = 200
const rounds = Number(process.argv[2] ?? 21)

/** σ² of a count, and of one whose ρ has nine places: the second leaves the safe integers. */
const variances: Readonly<Record<string, Rational>> = {
  'variance 100': rational(100),
  'variance 4050.00000405': parseDecimal('4050.00000405'),
  'variance 10¹² / 1.23456789': rational(10n ** 20n, 123_456_789n),
}

for (const [name, variance] of Object.entries(variances)) {
  const exact = discreteGaussianSampler(variance)
  // Noise falls due in a process that has drawn none before.
  const first = cost(exact)
  const [ours, plain]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    plain.push(cost(boxMuller))
    ours.push(cost(exact))
  }
  const verdict = Math.max(first, ...ours) <= limit ? 'reached' : 'missed'
  console.log(
    `${name.padEnd(28)} first ${milliseconds(first)}  median ${milliseconds(median(ours))}  plain ${milliseconds(median(plain))}` +
      `  ratio ${(median(ours) / median(plain)).toFixed(1).padStart(5)}  at most ${limit} ms ${verdict}`,
  )
}
console.log(`\n${draws} draws, median of ${rounds} rounds, on ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`)

function boxMuller(): number {
  return Math.round(10 * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()))
}

/** Milliseconds for all draws, too short for the clock of processor time; their sum is kept so that none is optimised away. */
function cost(draw: () => bigint | number): number {
  const started = performance.now()
  let sum = 0
  for (let i = 0; i < draws; i += 1) sum += Number(draw())
  const took = performance.now() - started
  if (!Number.isFinite(sum)) throw new Error('a draw is a number')
  return took
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 1 ? 2 : 1)} ms`.padStart(8)
}
