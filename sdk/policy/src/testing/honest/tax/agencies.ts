import { amount, type Dataset, dimension, figure, identity, mixed, place, published, register } from '../field.ts'

// A tax office, whose unit is the taxpayer, a land registry and two pension funds. Places and rates are public.

export const taxDatasets: readonly Dataset[] = [
  published(
    'municipalities',
    {
      municipality: ['INTEGER', place],
      name: ['VARCHAR', place],
      region: ['VARCHAR', place],
      inhabitants: ['INTEGER', figure(0, 1_000_000)],
    },
    `SELECT i, 'Municipality ' || i, ['East', 'West', 'North'][1 + i % 3], 1000 + i * 450 FROM range(15) t(i)`,
  ),
  published(
    'tax_rates',
    { year: ['INTEGER', place], rate: ['DOUBLE', figure(0, 1)], threshold: ['INTEGER', figure(0, 100_000)] },
    'SELECT * FROM (VALUES (2020, 0.21, 11000), (2021, 0.22, 11500), (2022, 0.2, 12000))',
  ),
  register(
    'returns',
    'taxpayer',
    7,
    {
      taxpayer: ['BIGINT', identity],
      name: ['VARCHAR'],
      year: ['INTEGER', { ...dimension, join: true }],
      municipality: ['INTEGER', place],
      kind: ['VARCHAR', dimension],
      income: ['DECIMAL(14,2)', { ...amount(-100_000, 5_000_000), dimension: true }],
      deductions: ['DECIMAL(14,2)', amount(0, 1_000_000)],
      tax: ['DECIMAL(14,2)', amount(0, 2_500_000)],
      filed: ['TIMESTAMP', dimension],
      late: ['BOOLEAN', dimension],
    },
    `SELECT i, 'Taxpayer ' || i, y, ${mixed('i', 2)} % 15, ['wages', 'business', 'pension'][1 + ${mixed('i', 3)} % 3], income,
      CASE WHEN i % 19 = 0 THEN NULL ELSE ${mixed('i * 4 + y', 4)} % 500000 / 100.0 END, greatest(0, income - 11000) * 0.2, TIMESTAMP '2021-01-01 08:00:00' + to_hours(((y - 2020) * 8760 + ${mixed('i * 4 + y', 5)} % 4000)::INTEGER),
      ${mixed('i * 4 + y', 6)} % 6 = 0 FROM (SELECT i, y, (${mixed('i')} % 8000000 + (y - 2020) * ${mixed('i', 9)} % 400000) / 100.0 AS income FROM range(800) t(i), range(2020, 2023) u(y))`,
  ),
  register(
    'properties',
    'owner_id',
    7,
    {
      owner_id: ['BIGINT', identity],
      municipality: ['INTEGER', place],
      use: ['VARCHAR', dimension],
      value: ['BIGINT', { ...amount(0, 10_000_000), dimension: true }],
    },
    `SELECT ${mixed('i')} % 900, ${mixed('i', 2)} % 15, ['home', 'farm', 'office'][1 + ${mixed('i', 3)} % 3], 20000 + ${mixed('i', 4)} % 600000 FROM range(700) t(i)`,
  ),
  ...['first', 'second'].map((fund, seed) =>
    register(
      `${fund}_fund`,
      'member_id',
      7,
      { member_id: ['BIGINT', identity], year: ['INTEGER', dimension], paid_in: ['DECIMAL(12,2)', amount(0, 100_000)] },
      `SELECT i + ${seed * 500}, 2020 + i % 3, ${mixed('i', seed)} % 900000 / 100.0 FROM range(500) t(i)`,
    ),
  ),
]
