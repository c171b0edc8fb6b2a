import type { NamedNoise } from '@reinraum/statements'
import { oneLine } from './output.ts'

type NoisyTable = NamedNoise[number]
type NoisyColumn = NoisyTable['columns'][number]

/** The noise that a receipt names, exactly as it was drawn from, for people. */
export function namedNoiseLines(tables: NamedNoise): readonly string[] {
  return tables.flatMap((table) => [headingOf(table, tables.length), ...tableLines(table)])
}

function headingOf({ groups }: NoisyTable, tables: number): string {
  if (tables === 1) return 'noise'
  return groups.length === 0 ? 'noise of all rows' : `noise by ${groups.map(oneLine).join(', ')}`
}

function tableLines({ columns, outputs, threshold }: NoisyTable): readonly string[] {
  return [
    ...columns.map((column) => `  ${oneLine(column.name)}: ${drawnText(column)}; ${lossText(column)}`),
    ...outputs
      .filter((output) => output.columns.length > 0)
      .map((output) => `  ${output.columns.map(oneLine).join(', ')} computed from ${output.of.map(oneLine).join(', ')}`),
    ...(threshold === null ? [] : [`  groups come out where ${thresholdText(threshold)}`]),
  ]
}

function thresholdText({ column, minimum, spared }: NonNullable<NoisyTable['threshold']>): string {
  const enough = spared === undefined ? '' : `, or ${oneLine(spared.column)} at least ${spared.minimum}`
  return `${oneLine(column)} is at least ${minimum}${enough}`
}

function drawnText({ mechanism, scale, grid, sensitivity }: NoisyColumn): string {
  const steps = grid === '1' ? '' : `, in steps of ${grid}`
  switch (mechanism) {
    case 'discreteLaplace':
      return `discrete Laplace of scale ${scale}${steps}; one unit moves it by at most ${sensitivity.l1}`
    case 'discreteGaussian':
      return `discrete Gaussian of variance ${scale}${steps}; squares of what one unit moves add up to ${sensitivity.l2Squared} at most`
    case 'exponential':
      return `exponential mechanism of ε ${scale} a row${steps}; one unit has at most ${sensitivity.l1} rows`
  }
}

function lossText({ epsilon, rho }: NoisyColumn): string {
  return epsilon === null ? `ρ ${rho}` : `ε ${epsilon}`
}
