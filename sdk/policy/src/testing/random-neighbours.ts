import fc from 'fast-check'
import type { noisySlots } from './noisy-patients.ts'

// Queries over patients and pupils of which many shapes get noise, rules that bound what a unit adds, and pairs of databases
// that differ by one unit. Values lie within bounds, on them, far beyond them, and are absent; so are units.

interface Source {
  readonly sql: string
  readonly of: readonly ('p' | 'q' | 'k')[]
  readonly where?: string
}

/** Where a unit that comes into the far dataset changes rows. */
const leftJoin: Source = {
  sql: 'patients p LEFT JOIN (SELECT pupil, max(grade) AS grade, sum(marks) AS marks FROM pupils GROUP BY pupil) q ON p.person = q.pupil',
  of: ['p', 'q'],
}
const relations: readonly Source[] = [
  { sql: 'patients p', of: ['p'] },
  { sql: 'pupils q', of: ['q'] },
  { sql: 'patients p JOIN pupils q ON p.person = q.pupil', of: ['p', 'q'] },
  ...[1, 2, 3].map(() => leftJoin),
  { sql: 'patients p JOIN patients b ON p.person = b.person', of: ['p'] },
  { sql: 'patients p LEFT JOIN states s ON p.region = s.code', of: ['p'] },
  { sql: 'patients p', of: ['p'], where: 'p.person IN (SELECT pupil FROM pupils WHERE grade > 3)' },
  { sql: 'patients p', of: ['p'], where: 'p.age > (SELECT avg(age) FROM patients)' },
  { sql: 'patients p', of: ['p'], where: 'p.region IN (SELECT region FROM patients GROUP BY region HAVING count(*) > 2)' },
  {
    sql: '(SELECT person, count(*) AS k, sum(visits) AS visits, max(age) AS age FROM patients GROUP BY person) p',
    of: ['k'],
  },
  {
    sql: '(SELECT person, region AS r, count(*) AS k, sum(visits) AS visits, max(age) AS age FROM patients GROUP BY person, region) p',
    of: ['k'],
  },
]

const columns = {
  p: {
    unit: 'p.person',
    groups: ['p.region', 'p.smoker', "CASE WHEN p.age > 40 THEN 'a' ELSE 'b' END", 'year(p.admitted)'],
    values: ['p.age', 'p.cost', 'p.score', 'p.visits', 'coalesce(p.visits, 3)', 'p.cost * p.visits'],
    conditions: ['p.age > 30', 'p.smoker', 'p.smoker IS NULL', "p.region = 'Region 1'"],
  },
  q: {
    unit: 'q.pupil',
    groups: ['q.grade', 'q.school'],
    values: ['q.grade', 'q.marks'],
    conditions: ['q.grade > 5', 'q.grade IS NULL'],
  },
  k: {
    unit: 'p.person',
    groups: ['CASE WHEN p.k > 2 THEN 1 ELSE 0 END'],
    values: ['p.k', 'p.visits'],
    conditions: ['p.k > 2', 'p.age > 30'],
  },
} as const

function aggregateOf(unit: string, value: string, condition: string): fc.Arbitrary<string> {
  const plain = ['count(*)', `count(DISTINCT ${unit})`, `count(${value})`, `sum(${value})`, `avg(${value})`]
  const rarer = [
    ...[`stddev(${value})`, `var_pop(${value})`, `median(${value})`, `quantile_cont(${value}, 0.25)`],
    ...[`count(*) FILTER (WHERE ${condition})`, `sum(${value}) FILTER (WHERE ${condition})`],
    ...[`count(DISTINCT ${unit}) FILTER (WHERE ${condition})`, `avg(CASE WHEN ${condition} THEN ${value} END)`],
  ]
  return fc.oneof(fc.constantFrom(...plain), fc.constantFrom(...rarer))
}

/** SQL of which some is refused. */
export const queries: fc.Arbitrary<string> = fc.constantFrom(...relations).chain(({ sql, of, where }) => {
  const all = <K extends 'groups' | 'values' | 'conditions'>(kind: K) => of.flatMap((name) => [...columns[name][kind]])
  const aggregate = fc
    .tuple(fc.constantFrom(...of), fc.constantFrom(...all('values')), fc.constantFrom(...all('conditions')))
    .chain(([name, value, condition]) => aggregateOf(columns[name].unit, value, condition))
  return fc
    .record({
      groups: fc.uniqueArray(fc.constantFrom(...all('groups')), { maxLength: 2 }),
      aggregates: fc.array(aggregate, { minLength: 1, maxLength: 3 }),
      condition: fc.option(fc.constantFrom(...all('conditions'))),
      rollup: fc.boolean(),
    })
    .map(({ groups, aggregates, condition, rollup }) => {
      const list = [...groups.map((g, i) => `${g} AS g${i}`), ...aggregates.map((a, i) => `${a} AS a${i}`)].join(', ')
      const conditions = [condition, where].flatMap((c) => (c ? [`(${c})`] : [])).join(' AND ')
      const by = rollup ? `ROLLUP (${groups.join(', ')})` : groups.join(', ')
      return `SELECT ${list} FROM ${sql}${conditions === '' ? '' : ` WHERE ${conditions}`}${groups.length === 0 ? '' : ` GROUP BY ${by}`}`
    })
})

const bounds = fc.record({ maxRowsPerUnit: fc.integer({ min: 1, max: 4 }), maxGroupsPerUnit: fc.integer({ min: 1, max: 3 }) })

/** What rules say of units and groups, for `noisySlots`. */
export const changesOfRules: fc.Arbitrary<NonNullable<Parameters<typeof noisySlots>[0]>> = fc.record({
  unit: bounds,
  unitOfPupils: bounds,
  domain: fc.constantFrom(undefined, ['Region 0', 'Region 1']),
})

const orNull = (texts: readonly string[]) => fc.constantFrom(...texts, 'NULL')
const patient = fc
  .tuple(
    orNull(['0', '35', '41', '200', '-50']),
    orNull(["'Region 0'", "'Region 1'", "'Elsewhere'"]),
    orNull(["DATE '2020-01-01'", "DATE '2021-01-01'"]),
    orNull(['0.01', '-5', '99999.99', '1e9']),
    orNull(['1.5', '-1e300', "'nan'", "'inf'", '0.0000005']),
    orNull(['0', '7', '50', '100']),
    orNull(['true', 'false']),
  )
  .map((values) => `'x', ${values.join(', ')}`)
const pupil = fc
  .tuple(orNull(["'S1'", "'S2'"]), orNull(['2', '4', '9', '30']), orNull(['0', '33.3', '500']))
  .map((values) => values.join(', '))
const somebody = orNull(['1', '2', '3', '4', '5'])

export interface Rows {
  readonly patients: readonly string[]
  readonly pupils: readonly string[]
}

/** Databases without a unit and with it, in either dataset or in both, beside the other or not. */
export const neighbours: fc.Arbitrary<{ readonly without: Rows; readonly beside: Rows; readonly isNobody: boolean }> = fc
  .record({
    patients: fc.array(fc.tuple(somebody, patient), { maxLength: 12 }),
    pupils: fc.array(fc.tuple(somebody, pupil), { maxLength: 8 }),
    unit: fc.constantFrom('70', '70', '70', 'NULL'),
    ofPatients: fc.array(patient, { minLength: 1, maxLength: 8 }),
    ofPupils: fc.array(pupil, { minLength: 1, maxLength: 4 }),
    comes: fc.constantFrom('patients', 'pupils', 'both', 'pupils beside patients', 'patients beside pupils'),
  })
  .map(({ unit, comes, ...of }) => {
    const others = { patients: of.patients.map(row), pupils: of.pupils.map(row) }
    const own = { patients: of.ofPatients.map((r) => row([unit, r])), pupils: of.ofPupils.map((r) => row([unit, r])) }
    const rowsOf = (patients: boolean, pupils: boolean): Rows => ({
      patients: [...others.patients, ...(patients ? own.patients : [])],
      pupils: [...others.pupils, ...(pupils ? own.pupils : [])],
    })
    return {
      without: rowsOf(comes === 'pupils beside patients', comes === 'patients beside pupils'),
      beside: rowsOf(comes !== 'pupils', comes !== 'patients'),
      isNobody: unit === 'NULL',
    }
  })

function row([unit, values]: readonly [string, string]): string {
  return `(${unit}, ${values})`
}
