import {
  discreteGaussianSampler,
  discreteLaplaceSampler,
  type Estimate,
  estimator,
  type NoisyColumn,
  quantileSampler,
  type RandomSource,
  type Rational,
  type ValueCount,
} from '@reinraum/privacy'
import { type Direction, decimalWithin, multipleOf } from './decimal-texts.ts'
import { additive, cellColumns } from './exact-cells.ts'
import type { NoiseStatement } from './noise-statement.ts'

/** A row of texts as the engine gives it, NULL as null. */
export type TextRow = readonly (string | null)[]

/** What the statements before noise gave. It is secret, and nothing of it leaves the process but through `addNoise`. */
export interface ExactTexts {
  readonly cells: readonly TextRow[]
  /** in the order of the statement's */
  readonly histograms: readonly (readonly TextRow[])[]
}

/** The same, where units are read of every group: whether rows spare some of them is known only with noise. */
export interface ExactTextsAndUnits extends ExactTexts {
  readonly units?: readonly TextRow[]
}

/**
 * The rows of the noisy table: noise for every measure of every group, then the threshold on the noisy number of units, rounding
 * and intervals, which see noisy numbers only and so cost nothing.
 * @param random for tests; noise comes from the operating system's randomness
 * @throws whatever a cell that is not as described makes it throw: the message must not be told
 */
export function addNoise(statement: NoiseStatement, exact: ExactTextsAndUnits, random?: RandomSource): readonly TextRow[] {
  return noiseAdder(statement, random)(exact)
}

/** The same for several results, of which each has noise of its own: what depends on the plan alone is computed once. */
export function noiseAdder(statement: NoiseStatement, random?: RandomSource): (exact: ExactTextsAndUnits) => readonly TextRow[] {
  const steps = noiseSteps(statement, random)
  return ({ units = [], ...exact }) => {
    const { open, rows } = steps(exact)
    const asked = new Set([...open()].flatMap((key) => (key === null ? [] : [keyOf(key, statement.groups)])))
    const told = units.filter((row) => asked.has(keyOf(row, statement.groups)))
    return [...rows(told)].flatMap((row) => (row === null ? [] : [row]))
  }
}

/** The noisy rows of one result, group by group, so that others have their turn in between; null for a group that has none. */
export interface NoiseSteps {
  /**
   * What tells the groups whose units are to be read, by noisy numbers alone: a NULL where there is one group without a name. None
   * where the statement has no units of its own to read. Gone through to its end before the rows are.
   */
  open(): Iterable<TextRow | null>
  /** @param units as they were read of the groups that are open */
  rows(units: readonly TextRow[]): Iterable<TextRow | null>
}

export function noiseSteps(statement: NoiseStatement, random?: RandomSource): (exact: ExactTexts) => NoiseSteps {
  const { plan, declared, groups } = statement
  const estimate = estimator(plan)
  return (exact) => {
    const cells = new Map(exact.cells.map((row) => [keyOf(row, groups), row]))
    // In an order that does not depend on that of rows.
    const keys = declared === null ? [...cells.values()].map((row) => row.slice(0, groups)).sort(compareRows) : product(declared)
    const { first, units: drawUnits } = drawsOf(statement, exact, random)
    const drawn = keys.map((): Map<string, bigint> | undefined => undefined)
    const numbersOf = (i: number, text: string) => {
      const own = drawn[i] ?? new Map(first.map(({ name, draw }) => [name, draw(text, cells.get(text))]))
      drawn[i] = own
      return own
    }
    const isOpen = (numbers: ReadonlyMap<string, bigint>) => {
      const spared = plan.threshold?.spared
      return spared != null && (numbers.get(spared.column) ?? missing()) < spared.minimum
    }
    return {
      *open() {
        if (drawUnits === null) return
        for (const [i, key] of keys.entries())
          yield isOpen(numbersOf(i, keyOf(key, groups))) ? (groups === 0 ? [null] : key) : null
      },
      *rows(units) {
        const counted = new Map(units.map((row) => [keyOf(row, groups), row]))
        for (const [i, key] of keys.entries()) {
          const text = keyOf(key, groups)
          const noisy = numbersOf(i, text)
          if (drawUnits !== null && isOpen(noisy)) noisy.set(drawUnits.name, drawUnits.draw(text, counted.get(text)))
          const cell = (name: string) => noisy.get(name) ?? missing()
          // Post-processing: it sees the noisy number of units.
          yield isHidden(statement, noisy) ? null : [...key, ...textsOf(statement, estimate(cell), unassured(statement, cell))]
        }
      },
    }
  }
}

/** Without a number of units where noisy rows were enough. */
function isHidden({ plan: { threshold } }: NoiseStatement, numbers: ReadonlyMap<string, bigint>): boolean {
  if (threshold === null) return false
  const units = numbers.get(threshold.column)
  return units === undefined ? threshold.spared === null && missing() : units < threshold.minimum
}

interface Draw {
  readonly name: string
  /** the noisy number of a group, of which there may be no row */
  readonly draw: (key: string, row: TextRow | undefined) => bigint
}

interface Draws {
  /** of every group */
  readonly first: readonly Draw[]
  /** of open groups alone; null where it is among the first */
  readonly units: Draw | null
}

function drawsOf({ plan, groups, histograms }: NoiseStatement, exact: ExactTexts, random?: RandomSource): Draws {
  const added = (columns: readonly NoisyColumn[]) =>
    columns.map((column, i): Draw => {
      const noise = noiseOf(column, random)
      return { name: column.name, draw: (_, row) => exactNumber(row, groups + i) + noise() }
    })
  const inCells = cellColumns(plan)
  const [units = null] = added(additive(plan.columns).filter((column) => !inCells.includes(column)))
  const byKey = histograms.map((_, i) => histogramsOf(exact.histograms[i] ?? missing(), groups))
  const drawn = plan.columns.flatMap((column): readonly Draw[] => {
    const { measure, scale: epsilon, name } = column
    if (measure.kind !== 'quantile') return []
    const cells = byKey[histograms.findIndex((h) => h.values === measure.values)] ?? missing()
    const { quantile, steps: bounds } = measure
    const query = { bounds, quantile, epsilon, rowsPerUnit: 1n }
    return [{ name, draw: (key) => quantileSampler(cells.get(key) ?? [], query, random)() }]
  })
  return { first: [...added(inCells), ...drawn], units }
}

function noiseOf({ mechanism, scale }: NoisyColumn, random?: RandomSource): () => bigint {
  switch (mechanism) {
    case 'discreteLaplace':
      return discreteLaplaceSampler(scale, random)
    case 'discreteGaussian':
      return discreteGaussianSampler(scale, random)
    case 'exponential':
      throw new Error('a quantile has no noise to add')
  }
}

/** A declared group without rows has none of anything. */
function exactNumber(row: TextRow | undefined, at: number): bigint {
  if (row === undefined) return 0n
  const text = row[at]
  return text === null || text === undefined ? missing() : BigInt(text)
}

function histogramsOf(rows: readonly TextRow[], groups: number): ReadonlyMap<string, readonly ValueCount[]> {
  const cells = new Map<string, { value: bigint; count: bigint }[]>()
  for (const row of rows) {
    const [value, count] = [row[groups], row[groups + 1]]
    // rows without a value are no rows of a quantile
    if (value === null || value === undefined) continue
    const key = keyOf(row, groups)
    const counts = cells.get(key) ?? []
    counts.push({ value: BigInt(value), count: BigInt(count ?? missing()) })
    cells.set(key, counts)
  }
  for (const counts of cells.values()) counts.sort((a, b) => (a.value < b.value ? -1 : 1))
  return cells
}

/** Outputs with too few units behind them, by their noisy number. */
function unassured({ plan }: NoiseStatement, cell: (name: string) => bigint): ReadonlySet<string> {
  const few = (plan.threshold?.assured?.outputs ?? []).filter(({ column, minimum }) => cell(column) < minimum)
  return new Set(few.map(({ output }) => output))
}

function textsOf(
  { plan, columns, rounding, groups }: NoiseStatement,
  estimates: readonly Estimate[],
  hidden: ReadonlySet<string>,
): TextRow {
  let at = groups
  return plan.outputs.flatMap(({ name }, i) => {
    const { value, confidence } = estimates[i] ?? missing()
    const type = columns[at]?.type ?? missing()
    const text = (number: Rational | null, direction: Direction) =>
      number === null || hidden.has(name)
        ? null
        : decimalWithin(rounding === null ? number : multipleOf(number, rounding, type, direction), type, direction)
    const own = text(value, 'nearest')
    at += confidence.kind === 'ranks' ? 1 : 3
    return confidence.kind === 'ranks' ? [own] : [own, text(confidence.low, 'down'), text(confidence.high, 'up')]
  })
}

function keyOf(row: TextRow, groups: number): string {
  return JSON.stringify(row.slice(0, groups))
}

function compareRows(a: TextRow, b: TextRow): number {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)]
  return x < y ? -1 : x > y ? 1 : 0
}

/** Every combination of a value of each column. */
function product(domains: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return domains.reduce<readonly (readonly string[])[]>(
    (rows, domain) => rows.flatMap((row) => domain.map((value) => [...row, value])),
    [[]],
  )
}

function missing(): never {
  throw new Error('the cells are not those of the statement')
}
