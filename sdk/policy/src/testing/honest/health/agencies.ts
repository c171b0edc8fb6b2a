import { amount, type Dataset, dimension, figure, identity, mixed, place, published, register } from '../field.ts'

// A ministry of health, a health insurance, two regional registers of notifiable diseases and a tax office. A person is
// known to all of them by one number.

const text = { dimension: true, filter: 'literal' } as const

export const healthDatasets: readonly Dataset[] = [
  published(
    'hospitals',
    { hospital: ['VARCHAR', place], name: ['VARCHAR', place], region: ['VARCHAR', place], beds: ['INTEGER', figure(0, 5000)] },
    `SELECT 'H' || i, 'Hospital of ' || i, 'Region ' || (i % 6), 100 + i * 35 FROM range(12) t(i)`,
  ),
  published(
    'population',
    {
      region: ['VARCHAR', place],
      age_group: ['VARCHAR', place],
      sex: ['VARCHAR', place],
      people: ['BIGINT', figure(0, 10_000_000)],
    },
    `SELECT 'Region ' || r, ['0-39', '40-64', '65+'][a + 1], ['F', 'M'][s + 1], 40000 + r * 7000 - a * 9000 + s * 500
      FROM range(6) t(r), range(3) u(a), range(2) v(s)`,
  ),
  published(
    'standard_population',
    { age_group: ['VARCHAR', place], weight: ['DOUBLE', figure(0, 1)] },
    `SELECT * FROM (VALUES ('0-39', 0.5), ('40-64', 0.3125), ('65+', 0.1875))`,
  ),
  register(
    'patients',
    'person',
    5,
    {
      person: ['BIGINT', identity],
      name: ['VARCHAR'],
      sex: ['VARCHAR', dimension],
      born: ['INTEGER', { ...dimension, aggregate: ['avg', 'median'], bounds: [1900, 2030] }],
      region: ['VARCHAR', { ...dimension, join: true }],
      followed_days: ['INTEGER', amount(0, 4000)],
      smoker: ['BOOLEAN', dimension],
    },
    `SELECT i, 'Person ' || i, ['F', 'M'][1 + i % 2], 1930 + ${mixed('i')} % 80, 'Region ' || (${mixed('i', 2)} % 6), 300 + ${mixed('i', 3)} % 3000,
      CASE WHEN i % 29 = 0 THEN NULL ELSE ${mixed('i', 4)} % 4 = 0 END FROM range(600) t(i)`,
  ),
  register(
    'stays',
    'person',
    5,
    {
      person: ['BIGINT', identity],
      stay: ['BIGINT', { join: true, filter: 'column' }],
      admitted: ['DATE', dimension],
      discharged: ['DATE', dimension],
      days: ['SMALLINT', amount(0, 365)],
      diagnosis: ['VARCHAR', text],
      hospital: ['VARCHAR', place],
      cost: ['DECIMAL(12,2)', amount(0, 500_000)],
      died: ['BOOLEAN', dimension],
    },
    `SELECT p, i, d, d + n::INTEGER, n, ['E11', 'E10', 'I21', 'I50', 'J44', 'C34', 'F32'][1 + ${mixed('i', 5)} % 7], 'H' || (${mixed('i', 6)} % 12),
      CASE WHEN i % 31 = 0 THEN NULL ELSE 500 + ${mixed('i', 7)} % 3000000 / 100.0 END, ${mixed('i', 8)} % 12 = 0
      FROM (SELECT i, ${mixed('i')} % 500 AS p, DATE '2021-01-01' + (${mixed('i', 2)} % 730)::INTEGER AS d, 1 + ${mixed('i', 3)} % 21 AS n
        FROM range(1600) t(i))`,
  ),
  register(
    'prescriptions',
    'person',
    5,
    {
      person: ['BIGINT', identity],
      drug: ['VARCHAR', text],
      prescribed: ['DATE', dimension],
      doses: ['INTEGER', amount(0, 1000)],
      price: ['DOUBLE', amount(0, 10_000)],
    },
    `SELECT ${mixed('i')} % 600, ['C10AA05', 'C09AA02', 'A10BA02', 'N06AB04', 'N02BE01'][1 + ${mixed('i', 2)} % 5], DATE '2021-01-01' + (${mixed('i', 3)} % 730)::INTEGER,
      10 + ${mixed('i', 4)} % 90, CASE WHEN i % 37 = 0 THEN NULL ELSE ${mixed('i', 5)} % 20000 / 128.0 END FROM range(2400) t(i)`,
  ),
  register(
    'incomes',
    'person',
    8,
    {
      person: ['BIGINT', identity],
      year: ['INTEGER', { ...dimension, join: true }],
      income: ['DECIMAL(14,2)', { ...amount(0, 1_000_000), dimension: true }],
      employed: ['BOOLEAN', dimension],
    },
    `SELECT i % 600, 2021 + i // 600, 8000 + ${mixed('i')} % 9000000 / 100.0, ${mixed('i', 2)} % 5 <> 0 FROM range(1200) t(i)`,
  ),
  ...['north', 'south'].map((side, seed) =>
    register(
      `${side}_cases`,
      'person',
      5,
      {
        person: ['BIGINT', identity],
        reported: ['DATE', dimension],
        disease: ['VARCHAR', dimension],
        age: ['INTEGER', figure(0, 120)],
      },
      `SELECT ${mixed('i', seed)} % 400 + ${seed * 1000}, DATE '2022-01-01' + (${mixed('i', seed + 5)} % 365)::INTEGER,
        ['Measles', 'Pertussis', 'Hepatitis A'][1 + ${mixed('i', seed + 6)} % ${3 - seed}], ${mixed('i', seed + 7)} % 90 FROM range(${500 + seed * 200}) t(i)`,
    ),
  ),
]
