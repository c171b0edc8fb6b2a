import { type ClampedValues, type Steps, stepsOf } from '@reinraum/privacy'
import { bytesOfKeys, bytesOfLine, linesOf, mostBytes } from './cell-texts.ts'
import { countOf, type DeclaredGroups } from './domains.ts'

// A quantile is drawn from a histogram, which goes to whoever draws in a line per group and value that has rows. How many there
// can be follows from public figures alone: so fine a grid is chosen that all of them fit.

/** The bounds of values and the decimals of their type. */
export type FineGrid = Required<Pick<ClampedValues, 'decimals'>> & { readonly bounds: readonly [number, number] }

/** The groups of an aggregation by one grouping, and what its quantiles are drawn from, each once. */
interface Histograms {
  readonly declared: DeclaredGroups | null
  readonly histograms: readonly FineGrid[]
}

/** Steps from one bound to the other that a histogram has at most. */
export interface MostSteps {
  readonly declared: number
  /** of groups that come from the data, of which nobody knows how many there are */
  readonly undeclared: number
}

const most = 100_000
const fewest = 100
const undeclared = 10_000

/**
 * Of all histograms of a query: those of declared groups take half of what an executor hears, where that is enough for a
 * hundredth of the distance between the bounds. Those that need less leave the rest to the others.
 */
export function mostStepsOf(cores: readonly Histograms[]): MostSteps {
  const all = cores.flatMap(({ declared, histograms }) => {
    if (declared === null) return []
    const [groups, keys] = [countOf(declared), bytesOfKeys(declared)]
    return histograms.flatMap((fine) => {
      const steps = stepsOf(fine)
      return steps === null ? [] : [{ lines: linesOf(steps), ofLine: keys + groups * bytesOfLine(steps) }]
    })
  })
  let [bytes, perLine] = [mostBytes / 2, all.reduce((sum, { ofLine }) => sum + ofLine, 0)]
  for (const { lines, ofLine } of all.toSorted((a, b) => a.lines - b.lines)) {
    // of which one is that of no value, and one more than there are steps
    const fitting = Math.min(most, Math.max(fewest, Math.floor(bytes / perLine) - 2))
    if (lines - 2 > fitting) return { declared: fitting, undeclared }
    bytes -= lines * ofLine
    perLine -= ofLine
  }
  return { declared: most, undeclared }
}

/** The least of 1, 2, 5, 10, 20 … that leaves at most so many steps, and both bounds within them. */
export function everyOf(fine: FineGrid, mostSteps: number): number {
  const steps = stepsOf(fine)
  // which the plan refuses
  if (steps === null) return 1
  for (const every of niceNumbers()) if (coarser(steps, BigInt(every)) <= BigInt(mostSteps)) return every
  throw new Error('every distance has a number that divides it into few')
}

/** How many steps there are when so many make one. */
function coarser({ low, high }: Steps, every: bigint): bigint {
  return (high - low) / every
}

function* niceNumbers(): Iterable<number> {
  for (let power = 1; ; power *= 10) yield* [power, 2 * power, 5 * power]
}
