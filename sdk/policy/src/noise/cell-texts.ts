import type { NoisePlan, Steps } from '@reinraum/privacy'
import { refuse } from '../reasons.ts'
import { countOf, type DeclaredGroups } from './domains.ts'
import { additive } from './exact-cells.ts'
import type { NoisyCore } from './noisy-query.ts'

// Exact cells go as lines of JSON to whoever adds noise, and an executor hears 32 MiB of them in a run (`child/dialogue.ts`). A
// run that ended there would tell of exact data, so where groups are declared it is known before that all of them fit.

export const mostBytes = 30 * 1024 * 1024

/** An integer of 128 bits with its sign, two quotation marks and a comma. */
const longestNumber = 43
/** A number of rows, of 64 bits, with two quotation marks and a comma. */
const longestCount = 22
/** Brackets and a comma. */
const aroundLine = 3

/** @throws Refusal where the cells of all declared groups could take more text than an executor hears */
export function checkTexts(cores: readonly Pick<NoisyCore, 'declared' | 'plan'>[]): void {
  const bytes = cores.reduce((sum, core) => sum + bytesOf(core), 0)
  if (bytes > mostBytes)
    refuse(
      'too-complex',
      'the declared groups have more numbers together than get noise at once; ask for fewer columns or groups',
    )
}

function bytesOf({ declared, plan }: Pick<NoisyCore, 'declared' | 'plan'>): number {
  if (declared === null) return 0
  const [groups, keys] = [countOf(declared), bytesOfKeys(declared)]
  const cells = keys + groups * (additive(plan.columns).length * longestNumber + aroundLine)
  return histogramsOf(plan).reduce((sum, steps) => sum + linesOf(steps) * (keys + groups * bytesOfLine(steps)), cells)
}

/** One of the values of each quantile, however many quantiles they have. */
function histogramsOf({ columns }: Pick<NoisePlan, 'columns'>): readonly Steps[] {
  const found = columns.flatMap(({ measure }) => (measure.kind === 'quantile' ? [[measure.values, measure.steps] as const] : []))
  return [...new Map(found).values()]
}

/** What the values that all declared groups are told by take, once each. */
export function bytesOfKeys(declared: DeclaredGroups): number {
  const groups = countOf(declared)
  return declared.reduce((sum, domain) => {
    const own = domain.reduce((all, value) => all + Buffer.byteLength(JSON.stringify(value)) + 1, 0)
    return sum + (groups / Math.max(1, domain.length)) * own
  }, 0)
}

/** Of a histogram, for one group at most: one for each point of the grid, and one for rows without a value. */
export function linesOf({ low, high }: Steps): number {
  return Number(high - low) + 2
}

/** The longest of them, without what tells its group. */
export function bytesOfLine({ low, high }: Steps): number {
  const value = Math.max(...[low, high].map((end) => JSON.stringify(`${end}`).length), 'null'.length) + 1
  return value + longestCount + aroundLine
}
