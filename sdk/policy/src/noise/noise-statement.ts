import type { NoisePlan } from '@reinraum/privacy'
import type { Block } from '../analysis/block.ts'
import type { Column } from '../analysis/expression.ts'
import type { OutputColumn } from '../engine/plan-outputs.ts'
import { refuse } from '../reasons.ts'
import { freeNames } from '../rewrite/query.ts'
import type { DeclaredGroups } from './domains.ts'
import type { NoisyCore, NoisyQuery } from './noisy-query.ts'

/**
 * What stands between the exact cells and the result: whoever runs the query reads the first, adds noise, and makes a table of the
 * second, which is all that the result statement can read. Exact cells become no table.
 */
export interface NoiseStatement {
  /** a SELECT of texts: the groups of a cell, then the exact measure of each column of the plan that noise is added to */
  readonly cellsSql: string
  /** a SELECT of texts each: the groups of a cell, a value in steps of its grid, and how many rows have it; NULL is none */
  readonly histograms: readonly { readonly values: string; readonly sql: string }[]
  /** null where the cells have the units of all groups */
  readonly units: UnitsStatement | null
  /** of noisy cells: groups, then per output of the plan its value, and the ends of its interval unless it is a quantile */
  readonly table: string
  readonly columns: readonly OutputColumn[]
  /** how many of the columns are groups */
  readonly groups: number
  /** all groups that there are; null where they come from the data */
  readonly declared: DeclaredGroups | null
  /** values are multiples of this decimal */
  readonly rounding: string | null
  readonly plan: NoisePlan
}

export type NoisyTable = Omit<NoiseStatement, 'cellsSql' | 'histograms' | 'units'> & { readonly open: OpenGroups }

/** The groups whose units are counted since their noisy number of rows does not tell enough. */
export interface OpenGroups {
  readonly table: string
  /** the groups' */
  readonly columns: readonly OutputColumn[]
}

/**
 * What is read once that is known, unless there are no such groups: a SELECT of texts, the groups of a cell,
 * then its exact units.
 */
export interface UnitsStatement {
  readonly open: OpenGroups
  readonly sql: string
}

/** The tables of a query's cores, in their order. */
export function noisyTables({ blocks, cores }: NoisyQuery, rounding: string | null): readonly NoisyTable[] {
  const free = freeNames(blocks)
  return cores.map((core) => noisyTable(core, free('noisy'), rounding))
}

function noisyTable({ core, types, declared, plan }: NoisyCore, name: string, rounding: string | null): NoisyTable {
  const outputs = plan.outputs.flatMap(({ name, kind }) => {
    const type = types.get(name)?.sql ?? 'BIGINT'
    return kind === 'quantile' ? [{ name, type }] : [name, lowOf(name), highOf(name)].map((n) => ({ name: n, type }))
  })
  const keys = core.groups.map(({ name, value }) => ({ name, type: value.type.sql }))
  return {
    table: `${name}_cells`,
    open: { table: `${name}_open`, columns: keys },
    columns: [...keys, ...outputs],
    groups: keys.length,
    declared,
    rounding,
    plan,
  }
}

function lowOf(name: string): string {
  return `${name}_low`
}

function highOf(name: string): string {
  return `${name}_high`
}

/**
 * The result with the interval of each noisy number beside it, where the query selects it as it is: a number and what it may be
 * stay in one row, whatever reads the file. What is computed from several has no interval that is known.
 */
export function withIntervals({ blocks, cores }: NoisyQuery): readonly Block[] {
  const result = blocks.at(-1)
  // groupings of one core have the same columns
  const plan = cores.find(({ block }) => block === result)?.plan
  if (result === undefined || plan === undefined) return blocks
  // equal numbers with different intervals would be two rows
  if (result.distinct) return blocks
  const bounded = plan.outputs.filter(({ kind }) => kind !== 'quantile').map(({ name }) => name)
  const select = result.select.flatMap((item) => {
    const { value } = item
    if (value.kind !== 'column' || value.table !== 'c' || !bounded.includes(value.name)) return [item]
    const end = (name: string, of: string) => ({ name, value: { ...value, name: of } satisfies Column })
    return [item, end(lowOf(item.name), lowOf(value.name)), end(highOf(item.name), highOf(value.name))]
  })
  const names = select.map(({ name }) => name.toLowerCase())
  const twice = select.find(({ name }, i) => names.indexOf(name.toLowerCase()) !== i)
  if (twice !== undefined)
    refuse('duplicate-column', `${twice.name} is an end of an interval; give the other column another name`)
  return [...blocks.slice(0, -1), { ...result, select }]
}
