import type { Measured, Way } from '../ways/measure.ts'

/** Ratios over all questions of one scale. */
export interface Summary {
  /** geometric means of ratios to plain */
  readonly warm: number
  readonly cold: number
  readonly worstCold: number
  /**
   * naive over cold, of the questions that read under a third of the columns of their tables; undefined where
   * it was not measured
   */
  readonly naive: { readonly least: number; readonly mean: number; readonly questions: readonly number[] } | undefined
  readonly equal: boolean
}

const fewColumns = 1 / 3

export function summarise(measured: readonly Measured[]): Summary {
  const few = measured.filter(({ planned, ways }) => planned.columnShare < fewColumns && ways.naive !== undefined)
  const overCold = few.map((one) => ratio(one, 'naive', 'cold'))
  const cold = measured.map((one) => ratio(one, 'cold', 'plain'))
  return {
    warm: geometricMean(measured.map((one) => ratio(one, 'warm', 'plain'))),
    cold: geometricMean(cold),
    worstCold: Math.max(...cold),
    naive:
      few.length === 0
        ? undefined
        : { least: Math.min(...overCold), mean: geometricMean(overCold), questions: few.map(({ question }) => question) },
    equal: measured.every(({ equal }) => equal),
  }
}

export function ratio({ ways }: Measured, over: Way, under: Way): number {
  return (ways[over]?.total ?? Number.NaN) / (ways[under]?.total ?? Number.NaN)
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}
