import type { Asked, ClampedValues } from '@reinraum/privacy'
import type { Core, CoreAggregate } from '../analysis/block.ts'
import { columnsOf, type Expression, keyOf, type Moments } from '../analysis/expression.ts'
import { magnitude } from '../analysis/sums.ts'
import { decimalShape, type Type } from '../analysis/types.ts'
import { refuse } from '../reasons.ts'
import { has } from '../rewrite/same-units.ts'
import { presenceOf } from './assured-units.ts'
import { everyOf, type FineGrid } from './quantile-grid.ts'

/** Rows, or values of rows, that measures are taken of, by the name under which the noise plan knows them. */
export type Measured =
  | {
      readonly of: 'rows'
      readonly name: string
      /** rows that have it count, once or once per value; null where all do */
      readonly value: Expression | null
      readonly filter: Expression | null
    }
  | {
      readonly of: 'values'
      readonly name: string
      readonly value: Expression
      readonly filter: Expression | null
      readonly bounds: readonly [number, number]
      readonly decimals: number
      /** points of the grid of its decimals that make a step */
      readonly every: number
    }

/** What a block asks for: names are those of the core's columns. */
export interface AskedOf {
  readonly asked: readonly Asked[]
  readonly measured: readonly Measured[]
  /** the type that each asked column comes out with */
  readonly types: ReadonlyMap<string, Type>
  /** the name of all rows where `sparing` asked for it */
  readonly allRows: string | undefined
}

/**
 * @param spreads the variances and standard deviations that the block computes, under names of their own
 * @param assured whether the units behind single aggregates are counted as well
 * @param mostSteps of a histogram that a quantile is drawn from
 * @param sparing whether a number of rows may spare counting units
 */
export function askedOf(
  core: Core,
  spreads: readonly { readonly name: string; readonly moments: Moments }[],
  assured: boolean,
  mostSteps: number,
  sparing: boolean,
): AskedOf {
  const measured = new Map<string, Measured>()
  const note = (found: Measured): string => {
    const { value, filter } = found
    const key = JSON.stringify({
      ...found,
      name: '',
      value: value === null ? null : keyOf(value),
      filter: filter === null ? null : keyOf(filter),
    })
    const taken = [...measured.values()].filter((m) => m.of === found.of).map((m) => m.name)
    const { name } = measured.get(key) ?? { name: freeName(labelOf(found), taken) }
    measured.set(key, { ...found, name })
    return name
  }
  const rows = ({ value, filter }: Pick<CoreAggregate, 'value' | 'filter'>) => note({ of: 'rows', name: '', value, filter })
  const values = ({ value, filter, bounds, operation }: CoreAggregate): ClampedValues => {
    if (value === null) throw new Error('a sum is of values')
    if (bounds === null)
      return refuse('bounds-missing', `noise for ${labelOf({ value, filter })} needs bounds in the rule of its column`)
    const decimals = gridDecimals(value.type, bounds)
    const every = operation === 'quantile' ? everyOf({ bounds, decimals }, mostSteps) : 1
    return {
      values: note({ of: 'values', name: '', value, filter, bounds, decimals, every }),
      rows: rows({ value, filter }),
      bounds,
      decimals,
      every,
    }
  }
  const [unit] = core.units
  const behind = ({ value }: CoreAggregate): { readonly behind?: string } => {
    const present = assured ? presenceOf(core, value) : null
    return present === null || unit === undefined ? {} : { behind: note({ of: 'rows', name: '', value: unit, filter: present }) }
  }
  const one = (a: CoreAggregate): Asked | null => {
    const { name } = a
    switch (a.operation) {
      case 'rows':
      case 'count':
        return { name, aggregate: 'count', rows: rows(a) }
      case 'countDistinct':
        if (a.value?.kind === 'column' && has(core.units, a.value) && a.filter === null) return { name, aggregate: 'countUnits' }
        return { name, aggregate: 'countDistinct', values: rows(a) }
      case 'sum':
        return { name, aggregate: 'sum', ...values(a) }
      case 'average':
        return { name, aggregate: 'avg', ...values(a) }
      case 'quantile':
        return { name, aggregate: 'quantile', quantile: a.fraction ?? '0.5', ...values(a) }
      case 'momentCount':
      case 'momentSum':
      case 'momentSquares':
        // of a spread, which is asked for as a whole
        if (!spreads.some(({ moments }) => [moments.count, moments.sum, moments.squares].some((m) => m.name === name)))
          refuse('noise-not-available', 'a variance of rows that UNION ALL stacks gets no noise; ask for that of each branch')
        return null
    }
  }
  const single = core.aggregates.flatMap((a) => {
    const asked = one(a)
    return asked === null ? [] : [{ ...asked, ...behind(a) }]
  })
  const spread = spreads.map(({ name, moments }): Asked => {
    const sum = core.aggregates.find((a) => a.name === moments.sum.name)
    if (sum === undefined) throw new Error('moments are aggregates of their core')
    const of = moments.population ? 'population' : 'sample'
    return { name, aggregate: moments.root ? 'stddev' : 'variance', of, ...values(sum), ...behind(sum) }
  })
  const types = new Map([
    ...core.aggregates.map((a) => [a.name, a.type] as const),
    ...spreads.map((s) => [s.name, s.moments.type] as const),
  ])
  const allRows = sparing ? rows({ value: null, filter: null }) : undefined
  return { asked: [...single, ...spread], measured: [...measured.values()], types, allRows }
}

/** What a core's quantiles are drawn from, each once: the bounds of its values and the decimals of their type. */
export function fineGridsOf({ aggregates }: Pick<Core, 'aggregates'>): readonly FineGrid[] {
  const found = aggregates.flatMap(({ operation, value, filter, bounds }) => {
    if (operation !== 'quantile' || value === null || bounds === null) return []
    const key = JSON.stringify([keyOf(value), filter === null ? null : keyOf(filter)])
    return [[key, { bounds, decimals: gridDecimals(value.type, bounds) }] as const]
  })
  return [...new Map(found).values()]
}

/** Digits after the point of the grid that values are rounded to: all that the type has, and of a DOUBLE twelve in all. */
function gridDecimals(type: Type, bounds: readonly [number, number]): number {
  if (type.family === 'integer') return 0
  if (type.family === 'decimal') return decimalShape(type).scale
  return Math.max(0, Math.min(6, 12 - magnitude(bounds).toString().length))
}

function labelOf({ value, filter }: Pick<Measured, 'value' | 'filter'>): string {
  const names = value === null ? [] : [...new Set(columnsOf(value).map((c) => c.name))]
  const label = names.length === 0 ? 'all' : names.join(', ')
  return filter === null ? label : `${label} where`
}

function freeName(label: string, taken: readonly string[]): string {
  for (let i = 1; ; i++) {
    const name = i === 1 ? label : `${label} ${i}`
    if (!taken.includes(name)) return name
  }
}
