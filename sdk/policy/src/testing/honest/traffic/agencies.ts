import { amount, type Dataset, dimension, figure, identity, mixed, place, published, register } from '../field.ts'

// Aviation statistics by airline and flight, wildlife strikes by operator, police reports of accidents by vehicle, a
// register of vehicles, and toll stations. Airports, states, roads and airlines are public.

export const trafficDatasets: readonly Dataset[] = [
  published(
    'airports',
    { iata: ['VARCHAR', place], city: ['VARCHAR', place], state: ['VARCHAR', place], runways: ['TINYINT', figure(0, 20)] },
    `SELECT 'A' || i, 'City ' || (i % 17), 'S' || (i % 7), 1 + i % 4 FROM range(30) t(i)`,
  ),
  published(
    'states',
    { code: ['VARCHAR', place], name: ['VARCHAR', place] },
    `SELECT 'S' || i, 'State ' || i FROM range(8) t(i)`,
  ),
  published(
    'roads',
    { road: ['VARCHAR', place], class: ['VARCHAR', place], kilometres: ['DOUBLE', figure(0, 5000)] },
    `SELECT 'R' || i, ['motorway', 'rural', 'urban'][1 + i % 3], 12.5 + i * 7.25 FROM range(9) t(i)`,
  ),
  register(
    'flights',
    'aircraft',
    5,
    {
      aircraft: ['VARCHAR', identity],
      departure: ['TIMESTAMP', dimension],
      arrival: ['TIMESTAMP', dimension],
      delay: ['INTEGER', { ...amount(-120, 3000), dimension: true }],
      distance: ['INTEGER', amount(0, 20_000)],
      origin: ['VARCHAR', place],
      destination: ['VARCHAR', place],
      cancelled: ['BOOLEAN', dimension],
    },
    `SELECT 'N' || (${mixed('i')} % 180), d, d + to_minutes((40 + dist / 8)::INTEGER), CASE WHEN i % 43 = 0 THEN NULL ELSE ${mixed('i', 4)} % 200 - 30 END, dist,
      'A' || (${mixed('i', 5)} % 30), 'A' || (${mixed('i', 6)} % 30), i % 43 = 0
      FROM (SELECT i, TIMESTAMP '2001-01-01' + to_minutes((${mixed('i', 2)} % 525600)::INTEGER) AS d, 100 + ${mixed('i', 3)} % 2400 AS dist FROM range(3000) t(i))`,
  ),
  register(
    'strikes',
    'operator',
    5,
    {
      operator: ['VARCHAR', identity],
      'Flight Date': ['DATE', dimension],
      'Origin State': ['VARCHAR', place],
      'Wildlife Size': ['VARCHAR', dimension],
      'Cost Total $': ['BIGINT', amount(0, 2_000_000)],
    },
    `SELECT 'Operator ' || (${mixed('i')} % 60), DATE '2000-01-01' + (${mixed('i', 2)} % 900)::INTEGER, 'State ' || (${mixed('i', 3)} % 7),
      ['Small', 'Medium', 'Large'][1 + ${mixed('i', 4)} % 3], CASE WHEN i % 5 = 0 THEN NULL ELSE ${mixed('i', 5)} % 90000 END FROM range(900) t(i)`,
  ),
  register(
    'accidents',
    'plate',
    5,
    {
      plate: ['VARCHAR', identity],
      happened: ['TIMESTAMP', dimension],
      road: ['VARCHAR', place],
      severity: ['TINYINT', { ...amount(0, 5), dimension: true }],
      injured: ['SMALLINT', { ...amount(0, 100), dimension: true }],
      weather: ['VARCHAR', dimension],
      damage: ['FLOAT', amount(0, 1_000_000)],
    },
    `SELECT 'P' || (${mixed('i')} % 700), TIMESTAMP '2022-01-01' + to_minutes((${mixed('i', 2)} % 525600)::INTEGER), 'R' || (${mixed('i', 3)} % 9), 1 + ${mixed('i', 4)} % 4,
      ${mixed('i', 5)} % 5, CASE ${mixed('i', 6)} % 4 WHEN 0 THEN NULL WHEN 1 THEN 'Rain' WHEN 2 THEN 'Dry ' ELSE 'snow' END, ${mixed('i', 7)} % 50000 / 4.0 FROM range(1500) t(i)`,
  ),
  register(
    'vehicles',
    'plate',
    7,
    {
      plate: ['VARCHAR', identity],
      kind: ['VARCHAR', dimension],
      built: ['INTEGER', dimension],
      electric: ['BOOLEAN', dimension],
    },
    `SELECT 'P' || i, ['car', 'lorry', 'motorcycle'][1 + ${mixed('i')} % 3], 1995 + ${mixed('i', 2)} % 28, ${mixed('i', 3)} % 7 = 0 FROM range(690) t(i)`,
  ),
]
