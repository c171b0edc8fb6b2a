// What random queries are about, each with an evaluation in plain JavaScript that knows nothing of the guard.

export type Cell = string | number | null
export type Tuple = Readonly<Record<string, Cell>>
export type Tables = Readonly<Record<string, readonly Tuple[]>>

export interface Piece<T> {
  readonly sql: string
  readonly of: (row: Tuple) => T
}

export interface Source {
  readonly from: string
  /** of stacked rows, `#part` says which branch a row is of: each is cut by itself */
  readonly rows: (tables: Tables) => readonly Tuple[]
  /** columns holding the unit of each protected dataset read */
  readonly units: readonly string[]
  readonly minimum: number
  /** a part of WHERE that every question about this source has */
  readonly where?: string
  /** columns and arithmetic that may be summed */
  readonly values?: readonly Piece<number | null>[]
  readonly groups: readonly Piece<Cell>[]
  readonly filters: readonly Piece<boolean | null>[]
}

export const text = (cell: Cell | undefined): string | null => (cell === null || cell === undefined ? null : String(cell))
const column = (table: string, name: string): Piece<Cell> => ({
  sql: `${table}."${name}"`,
  of: (row) => row[`${table}.${name}`] ?? null,
})
const compare = (table: string, name: string, op: '<' | '>=' | '<>' | '=', value: Cell): Piece<boolean | null> => ({
  sql: `${table}."${name}" ${op} ${typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : value}`,
  of: (row) => {
    const cell = row[`${table}.${name}`] ?? null
    if (cell === null || value === null) return null
    return op === '<' ? cell < value : op === '>=' ? cell >= value : op === '=' ? cell === value : cell !== value
  },
})

const number = (sql: string, of: (row: Tuple) => number): Piece<number | null> => ({
  sql,
  of: (row) => (Number.isFinite(of(row)) ? of(row) : null),
})
const patientValues: readonly Piece<number | null>[] = [
  number('p.age', (row) => Number(row['p.age'])),
  number('p.age * 2 + p.visits', (row) => Number(row['p.age']) * 2 + Number(row['p.visits'])),
  number('p.visits * (1 - 3)', (row) => Number(row['p.visits']) * -2),
]

const patientGroups: readonly Piece<Cell>[] = [
  column('p', 'region'),
  column('p', 'age'),
  column('p', 'smoker'),
  { sql: 'month(p.admitted)', of: (row) => Number(text(row['p.admitted'])?.slice(5, 7)) },
  { sql: 'year(p.admitted)', of: (row) => Number(text(row['p.admitted'])?.slice(0, 4)) },
  { sql: 'left(p.region, 8)', of: (row) => text(row['p.region'])?.slice(0, 8) ?? null },
  { sql: 'p.age // 20', of: (row) => Math.floor(Number(row['p.age']) / 20) },
  { sql: "CASE WHEN p.age = 42 THEN 'x' END", of: (row) => (row['p.age'] === 42 ? 'x' : null) },
]
// the last ones are not allowed; a guard that let them pass would show single people
const shut: readonly Piece<Cell>[] = [column('p', 'person'), column('p', 'name'), column('p', 'cost')]
const patientFilters: readonly Piece<boolean | null>[] = [
  ...[7, 35, 42, 84].flatMap((age) => (['<', '>=', '=', '<>'] as const).map((op) => compare('p', 'age', op, age))),
  ...['Region 0', 'Region 5', 'Alone'].flatMap((region) =>
    (['=', '<>'] as const).map((op) => compare('p', 'region', op, region)),
  ),
  ...['2019-02-01', '2020-03-03', '2020-10-01'].flatMap((day) =>
    (['<', '>=', '='] as const).map((op) => compare('p', 'admitted', op, day)),
  ),
  compare('p', 'person', '=', 42),
  compare('p', 'person', '<>', 42),
]

function named(alias: string, rows: readonly Tuple[] | undefined): readonly Tuple[] {
  return (rows ?? []).map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [`${alias}.${name}`, cell])))
}

/** Nested loops: rows of the right whose keys equal, or NULLs where the join is outer and none does. */
function joined(left: readonly Tuple[], right: readonly Tuple[], a: string, b: string, outer: boolean): readonly Tuple[] {
  const index = Map.groupBy(right, (row) => row[b] ?? null)
  return left.flatMap((row) => {
    const key = row[a] ?? null
    const matches = key === null ? [] : (index.get(key) ?? [])
    return matches.length === 0 && outer ? [row] : matches.map((match) => ({ ...row, ...match }))
  })
}

const places = (outer: boolean) => (t: Tables) =>
  joined(
    joined(named('f', t.flights), named('a', t.airports), 'f.origin', 'a.iata', outer),
    named('s', t.states),
    'a.state',
    's.code',
    outer,
  )
const flightSource = (join: 'JOIN' | 'LEFT JOIN'): Source => ({
  from: `flights f ${join} airports a ON f.origin = a.iata ${join} states s ON a.state = s.code`,
  rows: places(join === 'LEFT JOIN'),
  units: ['f.origin'],
  minimum: 2,
  groups: [
    column('s', 'name'),
    column('a', 'city'),
    column('a', 'name'),
    { sql: 'month(f.date)', of: (row) => Number(text(row['f.date'])?.slice(5, 7)) },
    column('a', 'iata'),
    column('f', 'origin'),
    column('f', 'destination'),
  ],
  filters: [
    compare('a', 'city', '=', 'City 3'),
    compare('a', 'name', '<>', 'Airport 1'),
    compare('f', 'distance', '<', 40),
    compare('f', 'distance', '>=', 2400),
    compare('a', 'iata', '<>', 'A1'),
    compare('f', 'origin', '=', 'A1'),
    compare('f', 'delay', '>=', 100),
  ],
})

/** Rows that subqueries make, by the same plain loops. */
const perPerson = (t: Tables): readonly Tuple[] =>
  [...Map.groupBy(t.patients ?? [], (row) => row.person ?? null)].map(([person, rows]) => ({
    'u.person': person,
    'u.stays': rows.length,
    'u.age': Math.max(...rows.map((r) => Number(r.age))),
    'u.first': rows.map((r) => String(r.admitted)).sort()[0] ?? null,
  }))
const person = '(SELECT person, count(*) AS stays, max(age) AS age, min(admitted) AS first FROM patients GROUP BY person) u'
const personGroups: readonly Piece<Cell>[] = [
  column('u', 'stays'),
  column('u', 'age'),
  { sql: 'year(u.first)', of: (row) => Number(text(row['u.first'])?.slice(0, 4)) },
  column('u', 'person'),
]
const personFilters = [
  compare('u', 'stays', '>=', 4),
  compare('u', 'stays', '=', 40),
  compare('u', 'age', '<', 35),
  compare('u', 'age', '=', 33),
  compare('u', 'person', '=', 42),
]

const derivedSources: readonly Source[] = [
  {
    from: '(SELECT person, region AS r, age AS a, visits AS v FROM patients WHERE age >= 35) q',
    rows: (t) =>
      (t.patients ?? [])
        .filter((row) => Number(row.age) >= 35)
        .map((row) => ({
          'q.person': row.person ?? null,
          'q.r': row.region ?? null,
          'q.a': row.age ?? null,
          'q.v': row.visits ?? null,
        })),
    units: ['q.person'],
    minimum: 5,
    groups: [
      column('q', 'r'),
      column('q', 'a'),
      { sql: 'q.a // 20', of: (row) => Math.floor(Number(row['q.a']) / 20) },
      column('q', 'person'),
    ],
    filters: [
      compare('q', 'a', '<', 60),
      compare('q', 'a', '=', 42),
      compare('q', 'r', '<>', 'Region 5'),
      compare('q', 'person', '<>', 42),
    ],
    values: [number('q.a * q.v', (row) => Number(row['q.a']) * Number(row['q.v'])), number('q.v', (row) => Number(row['q.v']))],
  },
  {
    from: person,
    rows: perPerson,
    units: ['u.person'],
    minimum: 5,
    groups: personGroups,
    filters: personFilters,
    values: [
      number('u.stays', (row) => Number(row['u.stays'])),
      number('u.stays + u.age', (row) => Number(row['u.stays']) + Number(row['u.age'])),
    ],
  },
  {
    from: `patients p JOIN ${person} ON p.person = u.person`,
    rows: (t) => joined(named('p', t.patients), perPerson(t), 'p.person', 'u.person', false),
    units: ['p.person', 'u.person'],
    minimum: 5,
    groups: [...patientGroups, ...personGroups],
    filters: [...patientFilters, ...personFilters],
    values: patientValues,
  },
  {
    from: 'patients p',
    where: 'p.person IN (SELECT pupil FROM pupils WHERE grade >= 8)',
    rows: (t) => {
      const pupils = new Set((t.pupils ?? []).filter((row) => Number(row.grade) >= 8).map((row) => row.pupil))
      return named('p', t.patients).filter((row) => pupils.has(row['p.person'] ?? null))
    },
    units: ['p.person'],
    minimum: 7,
    groups: patientGroups,
    filters: patientFilters,
    values: patientValues,
  },
  {
    from: '(SELECT region AS place, age AS years FROM patients UNION ALL SELECT school, grade FROM pupils WHERE grade < 10) s',
    rows: (t) => [
      ...(t.patients ?? []).map((row) => ({
        '#part': 'a',
        '#unit': row.person ?? null,
        's.place': row.region ?? null,
        's.years': row.age ?? null,
      })),
      ...(t.pupils ?? [])
        .filter((row) => Number(row.grade) < 10)
        .map((row) => ({
          '#part': 'b',
          '#unit': row.pupil ?? null,
          's.place': row.school ?? null,
          's.years': row.grade ?? null,
        })),
    ],
    units: ['#unit'],
    minimum: 7,
    groups: [
      column('s', 'place'),
      column('s', 'years'),
      { sql: 's.years // 4', of: (row) => Math.floor(Number(row['s.years']) / 4) },
    ],
    filters: [
      compare('s', 'years', '<', 9),
      compare('s', 'years', '>=', 6),
      compare('s', 'place', '<>', 'Region 5'),
      compare('s', 'place', '=', 'Alone'),
    ],
    values: [number('s.years', (row) => Number(row['s.years']))],
  },
]

export const sources: readonly Source[] = [
  {
    from: 'patients p',
    rows: (t) => named('p', t.patients),
    units: ['p.person'],
    minimum: 5,
    groups: [...patientGroups, ...shut],
    filters: patientFilters,
    values: patientValues,
  },
  {
    from: 'patients p JOIN pupils q ON p.person = q.pupil',
    rows: (t) => joined(named('p', t.patients), named('q', t.pupils), 'p.person', 'q.pupil', false),
    units: ['p.person', 'q.pupil'],
    minimum: 7,
    groups: [...patientGroups, column('q', 'school'), column('q', 'grade'), ...shut],
    filters: [...patientFilters, compare('q', 'grade', '<', 7), compare('q', 'school', '=', 'School 2')],
  },
  {
    from: 'patients p LEFT JOIN pupils q ON p.person = q.pupil',
    rows: (t) => joined(named('p', t.patients), named('q', t.pupils), 'p.person', 'q.pupil', true),
    units: ['p.person', 'q.pupil'],
    minimum: 7,
    groups: [...patientGroups, column('q', 'school')],
    filters: patientFilters,
    values: patientValues,
  },
  {
    from: 'patients p JOIN patients q ON p.person = q.person',
    rows: (t) => joined(named('p', t.patients), named('q', t.patients), 'p.person', 'q.person', false),
    units: ['p.person', 'q.person'],
    minimum: 5,
    groups: patientGroups,
    filters: patientFilters,
    values: patientValues,
  },
  flightSource('JOIN'),
  flightSource('LEFT JOIN'),
  ...derivedSources,
]
