import type { Field } from '../honest/field.ts'
import { health } from '../honest/health/health.ts'
import { tpch } from '../honest/tpch/tpch.ts'
import { traffic } from '../honest/traffic/traffic.ts'

/** Cells of one result: as a query for the guard, and as plain SQL that counts the units behind each of them. */
export interface Cells {
  readonly field: Field
  readonly from: string
  /** total expressions, for any data */
  readonly keys: readonly string[]
  /** with totals: ROLLUP of the keys */
  readonly rollup?: true
  /** aggregates, each with the condition under which a row counts, and whether rows that do not must be enough too */
  readonly values: readonly { readonly sql: string; readonly where: string; readonly split?: true }[]
  /** the unit of each protected dataset */
  readonly units: readonly { readonly dataset: string; readonly column: string; readonly sql: string }[]
  readonly minimum: number
}

/** One unit of a dataset, by the column and its value as SQL. */
export interface Unit {
  readonly sql: string
  readonly value: string
}

/** The query, which the guard rewrites. */
export function questionOf(spec: Cells): string {
  const values = spec.values.map((v, i) => `${v.sql} AS v${i}`)
  return `SELECT ${[...keysOf(spec), ...values].join(', ')} FROM ${spec.from} ${groupsOf(spec)}`
}

/** The fewest units of a dataset behind each cell and each of its values, and whether one unit is among them. */
export function countsOf(spec: Cells, unit: Unit): string {
  const fewest = (where: string) =>
    `least(${spec.units.map(({ sql }) => `count(DISTINCT ${sql}) FILTER (WHERE ${where})`).join(', ')})`
  const values = spec.values.map(({ where, split }) =>
    split === true ? `least(${fewest(where)}, ${fewest(`(${where}) IS NOT TRUE`)})` : fewest(where),
  )
  const touched = `coalesce(bool_or(${unit.sql} = ${unit.value}), FALSE)`
  return `SELECT ${[...keysOf(spec), fewest('TRUE'), touched, ...values].join(', ')} FROM ${spec.from} ${groupsOf(spec)}`
}

/** Units in cells that they only just fill, and the greatest, which is extreme. */
export function unitsToTry(spec: Cells, sql: string): string {
  const just = spec.units.map((u) => `count(DISTINCT ${u.sql}) = ${spec.minimum}`).join(' AND ')
  const within = `SELECT ${spec.keys.join(', ')}, min(${sql}) AS unit FROM ${spec.from} GROUP BY ${spec.keys.join(', ')} HAVING ${just}`
  return `(SELECT DISTINCT unit FROM (${within}) WHERE unit IS NOT NULL ORDER BY unit LIMIT 2) UNION SELECT max(${sql}) FROM ${spec.from} ORDER BY 1`
}

export function widthOf({ keys, rollup }: Cells): number {
  return keys.length + (rollup === true ? 1 : 0)
}

function keysOf({ keys, rollup }: Cells): readonly string[] {
  const named = keys.map((k, i) => `${k} AS k${i}`)
  return rollup === true ? [...named, `grouping(${keys.join(', ')}) AS level`] : named
}

function groupsOf({ keys, rollup }: Cells): string {
  return rollup === true ? `GROUP BY ROLLUP (${keys.join(', ')})` : `GROUP BY ${keys.map((_, i) => i + 1).join(', ')}`
}

const person = (dataset: string, sql = 'person') => ({ dataset, column: 'person', sql })

export const cells: readonly Cells[] = [
  {
    field: health,
    from: 'stays',
    keys: ['hospital', 'diagnosis', 'quarter(admitted)'],
    values: [
      { sql: 'count(*)', where: 'TRUE' },
      { sql: 'avg(cost)', where: 'cost IS NOT NULL' },
      { sql: 'median(days)', where: 'days IS NOT NULL' },
    ],
    units: [person('stays')],
    minimum: 5,
  },
  {
    field: health,
    from: 'patients',
    keys: ['born // 5', 'sex', 'smoker'],
    values: [
      { sql: 'count(*) FILTER (WHERE followed_days > 1500)', where: 'followed_days > 1500', split: true },
      { sql: 'sum(followed_days)', where: 'followed_days IS NOT NULL' },
      { sql: 'stddev(followed_days)', where: 'followed_days IS NOT NULL' },
    ],
    units: [person('patients')],
    minimum: 5,
  },
  {
    field: health,
    from: 'stays s JOIN incomes i ON s.person = i.person',
    keys: ['s.diagnosis', 's.hospital', 'i.employed'],
    values: [
      { sql: 'count(*)', where: 'TRUE' },
      { sql: 'avg(i.income)', where: 'i.income IS NOT NULL' },
      { sql: 'sum(s.cost)', where: 's.cost IS NOT NULL' },
    ],
    units: [person('stays', 's.person'), person('incomes', 'i.person')],
    minimum: 8,
  },
  {
    field: health,
    from: 'prescriptions',
    keys: ['left(drug, 4)', 'isodow(prescribed)', 'day(prescribed) // 4'],
    rollup: true,
    values: [{ sql: 'sum(price)', where: 'price IS NOT NULL' }],
    units: [person('prescriptions')],
    minimum: 5,
  },
  {
    field: traffic,
    from: 'flights f JOIN airports a ON f.origin = a.iata',
    keys: ['a.city', 'f.cancelled', 'f.delay > 60'],
    values: [
      { sql: 'count(*)', where: 'TRUE' },
      { sql: 'sum(CASE WHEN f.delay > 0 THEN 1 ELSE 0 END)', where: 'f.delay > 0', split: true },
    ],
    units: [{ dataset: 'flights', column: 'aircraft', sql: 'f.aircraft' }],
    minimum: 5,
  },
  {
    field: traffic,
    from: 'accidents a JOIN vehicles v ON a.plate = v.plate',
    keys: ['v.built', 'a.weather', 'v.electric'],
    values: [
      { sql: 'sum(a.damage)', where: 'a.damage IS NOT NULL' },
      { sql: 'avg(a.injured)', where: 'a.injured IS NOT NULL' },
    ],
    units: [
      { dataset: 'accidents', column: 'plate', sql: 'a.plate' },
      { dataset: 'vehicles', column: 'plate', sql: 'v.plate' },
    ],
    minimum: 7,
  },
  {
    field: tpch,
    from: 'customer JOIN orders ON c_custkey = o_custkey JOIN nation ON c_nationkey = n_nationkey',
    keys: ['n_name', 'o_orderpriority', 'o_orderstatus'],
    values: [
      { sql: 'count(*)', where: 'TRUE' },
      { sql: 'avg(o_totalprice)', where: 'o_totalprice IS NOT NULL' },
    ],
    units: [
      { dataset: 'customer', column: 'c_custkey', sql: 'c_custkey' },
      { dataset: 'orders', column: 'o_custkey', sql: 'o_custkey' },
    ],
    minimum: 5,
  },
]
