import { costOf, type NoisePlan, type NoisyOutput, quotientText } from '@reinraum/privacy'
import { longestNoiseName, maximumNoisyColumns, maximumNoisyTables, type NamedNoise, type NoisyTable } from '@reinraum/statements'
import { refuse } from '../reasons.ts'
import type { NoiseOfCells, NoiseReport } from './noise-report.ts'

/**
 * The noise of a query's plans as a receipt names it: exact, and of public figures alone.
 * @returns null for plans that no receipt has room for
 */
export function namedNoise(plans: readonly NoisePlan[], { cells }: Pick<NoiseReport, 'cells'>): NamedNoise | null {
  const columns = plans.flatMap((plan) => plan.columns)
  const outputs = plans.flatMap((plan) => plan.outputs)
  const made = cells.flatMap((own) => [...own.groups, ...own.outputs.flatMap((output) => output.columns)])
  if (Math.max(columns.length, outputs.length, made.length) > maximumNoisyColumns || plans.length > maximumNoisyTables)
    return null
  return plans.map((plan, i) => noisyTable(plan, cells[i]))
}

/** @throws Refusal for plans that no receipt has room for */
export function requireNamed(plans: readonly NoisePlan[], report: Pick<NoiseReport, 'cells'>): void {
  if (namedNoise(plans, report) === null)
    refuse(
      'too-complex',
      `a receipt names at most ${maximumNoisyTables} noisy tables and ${maximumNoisyColumns} columns of them; ask for fewer groupings`,
    )
}

function noisyTable({ columns, outputs, threshold }: NoisePlan, cells: NoiseOfCells | undefined): NoisyTable {
  return {
    groups: (cells?.groups ?? []).map(named),
    columns: columns.map((column) => {
      const { mechanism, scale, grid, sensitivity } = column
      const { epsilon, rho } = costOf([column])
      return {
        name: named(column.name),
        mechanism,
        scale: quotientText(scale),
        grid: quotientText(grid),
        sensitivity: { l1: `${sensitivity.l1}`, l2Squared: `${sensitivity.l2Squared}` },
        epsilon: epsilon === null ? null : quotientText(epsilon),
        rho: quotientText(rho),
      }
    }),
    outputs: outputs.map((output, i) => ({
      columns: (cells?.outputs[i]?.columns ?? []).map(named),
      of: sourcesOf(output).map(named),
    })),
    threshold:
      threshold === null
        ? null
        : {
            column: named(threshold.column),
            minimum: `${threshold.minimum}`,
            delta: threshold.tau === null ? null : quotientText(threshold.tau.delta),
            ...(threshold.spared === null
              ? {}
              : { spared: { column: named(threshold.spared.column), minimum: `${threshold.spared.minimum}` } }),
          },
  }
}

function sourcesOf(output: NoisyOutput): readonly string[] {
  switch (output.kind) {
    case 'count':
      return [output.count]
    case 'sum':
      return output.count === null ? [output.sum] : [output.sum, output.count]
    case 'avg':
      return [output.sum, output.count]
    case 'variance':
    case 'stddev':
      return [output.squares, output.sum, output.count]
    case 'quantile':
      return [output.quantile]
  }
}

/** Whole characters: half a surrogate pair is no text that can be signed. */
function named(text: string): string {
  if (text.length <= longestNoiseName) return text
  const cut = text.slice(0, longestNoiseName - 1)
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`
}
