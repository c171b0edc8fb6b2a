import { amount, type Dataset, dimension, figure, identity, mixed, place, published, register } from '../field.ts'

// A ministry of education, a statistics office that knows households, and universities. Pupils have one number.

export const educationDatasets: readonly Dataset[] = [
  published(
    'schools',
    { school: ['INTEGER', place], type: ['VARCHAR', place], district: ['VARCHAR', place], places: ['INTEGER', figure(0, 5000)] },
    `SELECT i, ['Primary', 'Lower secondary', 'Grammar', 'Vocational'][1 + i % 4], 'District ' || (i % 5), 60 + i * 11 % 90 FROM range(20) t(i)`,
  ),
  register(
    'pupils',
    'pupil',
    6,
    {
      pupil: ['BIGINT', identity],
      school_year: ['INTEGER', { ...dimension, join: true }],
      school: ['INTEGER', place],
      grade: ['INTEGER', { ...dimension, aggregate: ['avg'], bounds: [1, 13] }],
      language: ['VARCHAR', dimension],
      repeats: ['BOOLEAN', dimension],
    },
    `SELECT p, y, (p * 7 + CASE WHEN ${mixed('p * 4 + y')} % 5 = 0 THEN y - 2020 ELSE 0 END) % 20, 5 + (p % 5) + (y - 2020), ['de', 'tr', 'fr', 'sr'][1 + (${mixed('p', 2)} % 9) // 3 % 4],
      ${mixed('p * 4 + y', 3)} % 14 = 0 FROM range(700) t(p), range(2020, 2023) u(y)`,
  ),
  register(
    'marks',
    'pupil',
    6,
    {
      pupil: ['BIGINT', identity],
      school_year: ['INTEGER', { ...dimension, join: true }],
      subject: ['VARCHAR', dimension],
      mark: ['TINYINT', { ...amount(1, 5), dimension: true }],
      points: ['DOUBLE', amount(0, 100)],
    },
    `SELECT p, y, ['Mathematics', 'German', 'English'][s + 1], 1 + ${mixed('p * 16 + y * 4 + s')} % 5, CASE WHEN p % 40 = 0 THEN NULL ELSE ${mixed('p * 16 + y * 4 + s', 2)} % 801 / 8.0 END
      FROM range(700) t(p), range(2021, 2023) u(y), range(3) v(s)`,
  ),
  register(
    'households',
    'pupil',
    10,
    {
      pupil: ['BIGINT', identity],
      income: ['DECIMAL(12,2)', { ...amount(0, 500_000), dimension: true }],
      parents_degree: ['VARCHAR', dimension],
      children: ['TINYINT', dimension],
    },
    `SELECT p, 9000 + ${mixed('p', 5)} % 9000000 / 100.0, ['none', 'school', 'university'][1 + ${mixed('p', 6)} % 3], 1 + ${mixed('p', 7)} % 4 FROM range(680) t(p)`,
  ),
  ...['city', 'technical'].map((name, seed) =>
    register(
      `${name}_students`,
      'student',
      6,
      {
        student: ['BIGINT', identity],
        subject: ['VARCHAR', dimension],
        started: ['INTEGER', dimension],
        credits: ['INTEGER', amount(0, 400)],
      },
      `SELECT i * ${seed + 2}, ['Law', 'Physics', 'History'][1 + ${mixed('i', seed)} % ${2 + seed}], 2021 + i % 2, ${mixed('i', seed + 3)} % 180 FROM range(240) t(i)`,
    ),
  ),
]
