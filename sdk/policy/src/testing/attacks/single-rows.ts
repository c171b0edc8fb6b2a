import type { Attack } from './attack.ts'

/** Functions that give back values of single rows. */
export const singleRows: readonly Attack[] = [
  ...(
    [
      ['the smallest', 'min(age)'],
      ['the largest', 'max(age)'],
      ['a first value', 'first(region)'],
      ['any value', 'any_value(region)'],
      ['the most frequent value', 'mode(age)'],
      ['a list', 'list(age)'],
      ['an array', 'array_agg(age)'],
      ['one long text', "string_agg(region, ',')"],
      ['a histogram', 'histogram(age)'],
      ['the value beside the largest', 'arg_max(region, age)'],
      ['a discrete quantile', 'quantile_disc(age, 0.5)'],
      ['a quantile at the edge', 'quantile_cont(age, 0)'],
      ['several quantiles at once', 'quantile_cont(age, [0.1, 0.5])'],
      ['bits', 'bit_xor(age)'],
      ['a product', 'product(age)'],
      ['a distinct sum', 'sum(DISTINCT age)'],
    ] as const
  ).map(
    ([what, call]): Attack => [
      `asks for ${what}`,
      call.includes('[') ? 'function-not-allowed' : 'aggregate-not-allowed',
      `SELECT ${call} FROM patients`,
    ],
  ),
  ['asks for the most frequent values', 'aggregate-not-allowed', 'SELECT approx_top_k(age, 3) FROM patients'],
  ['hashes', 'function-not-allowed', 'SELECT hash(region), count(*) FROM patients GROUP BY 1'],
  ['spreads a list into rows', 'function-not-allowed', 'SELECT unnest([1, 2]), count(*) FROM patients GROUP BY 1'],
  ['sums a column without permission', 'aggregate-not-allowed', 'SELECT sum(person) FROM patients'],
  ['counts distinct values without permission', 'aggregate-not-allowed', 'SELECT count(DISTINCT cost) FROM patients'],
  ['looks at neighbouring rows', 'window-not-allowed', 'SELECT lag(age) OVER (ORDER BY person) FROM patients'],
  [
    'keeps one row per group',
    'construct-not-allowed',
    'SELECT DISTINCT ON (region) region, count(*) FROM patients GROUP BY region',
  ],
  ['samples rows', 'table-not-allowed', 'SELECT count(*) FROM patients TABLESAMPLE 10 ROWS'],
  ['samples the result', 'construct-not-allowed', 'SELECT count(*) FROM patients USING SAMPLE 1 ROWS'],
  ['exports the state of an aggregate', 'function-not-allowed', 'SELECT sum(age) EXPORT_STATE FROM patients'],
  ['applies a lambda', 'function-not-allowed', 'SELECT list_transform([1], x -> x + 1), count(*) FROM patients GROUP BY 1'],
]
