import type { Attack } from './attack.ts'

/** One person picked by what stands inside an aggregate. */
export const insideAggregates: readonly Attack[] = [
  ['a CASE on the unit', 'filter-not-allowed', 'SELECT avg(CASE WHEN person = 42 THEN age END) FROM patients'],
  [
    'a CASE on the unit, turned around',
    'filter-not-allowed',
    'SELECT sum(CASE WHEN person <> 42 THEN cost ELSE 0 END) FROM patients',
  ],
  [
    'a second branch on the unit',
    'filter-not-allowed',
    'SELECT sum(CASE WHEN age > 9 THEN 1 WHEN person = 42 THEN 2 END) FROM patients',
  ],
  [
    'a CASE within a branch',
    'filter-not-allowed',
    'SELECT sum(CASE WHEN age > 9 THEN CASE WHEN person = 42 THEN 1 END END) FROM patients',
  ],
  ['a CASE inside arithmetic', 'filter-not-allowed', 'SELECT sum(age * CASE WHEN person = 42 THEN 1 ELSE 0 END) FROM patients'],
  ['a condition cast to a number', 'filter-not-allowed', 'SELECT sum((person = 42)::INTEGER) FROM patients'],
  ['a condition on a name', 'filter-not-allowed', "SELECT count(CASE WHEN name = 'Ada Oberon-Lund' THEN 1 END) FROM patients"],
  [
    'a condition on a value that WHERE may not see',
    'filter-not-allowed',
    'SELECT count(*) FILTER (WHERE cost > 99999) FROM patients',
  ],
  ['a condition on two columns at once', 'filter-not-allowed', 'SELECT count_if(age * 1000 + visits = 42007) FROM patients'],
  ['a comparison that only literals may make', 'filter-not-allowed', 'SELECT count_if(visits = 7) FROM patients'],
  [
    'FILTER under HAVING',
    'filter-not-allowed',
    'SELECT region FROM patients GROUP BY 1 HAVING count(*) FILTER (WHERE person = 42) > 0',
  ],
  [
    'FILTER in ORDER BY',
    'filter-not-allowed',
    'SELECT region FROM patients GROUP BY 1 ORDER BY sum(age) FILTER (WHERE person = 42)',
  ],
  ['FILTER with a subquery', 'table-not-allowed', 'SELECT count(*) FILTER (WHERE person = (SELECT 42)) FROM patients'],
  [
    'FILTER on a scalar function',
    'function-not-allowed',
    'SELECT abs(age) FILTER (WHERE age = 42), count(*) FROM patients GROUP BY 1',
  ],
  ['FILTER without a condition', 'type-mismatch', 'SELECT count(*) FILTER (WHERE age) FROM patients'],
  ['a power of a difference', 'aggregate-not-allowed', 'SELECT sum(0 ** (age - 33)) FROM patients'],
  ['a division that only one value survives', 'bounds-missing', 'SELECT sum(1 / (age - 33)) FROM patients'],
  ['a remainder', 'aggregate-not-allowed', 'SELECT sum(age % 33) FROM patients'],
  ['coalesce with a value of its own', 'aggregate-not-allowed', 'SELECT sum(coalesce(age, 1000)) FROM patients'],
  ['nullif', 'aggregate-not-allowed', 'SELECT count(nullif(age, 33)) FROM patients'],
  ['arithmetic over a column that the rule keeps plain', 'aggregate-not-allowed', 'SELECT sum(delay * distance) FROM flights'],
  ['arithmetic over a unit', 'aggregate-not-allowed', 'SELECT sum(person * 1000000) FROM patients'],
  ['arithmetic over a column without the aggregate', 'aggregate-not-allowed', 'SELECT sum(cost + person) FROM patients'],
  ['arithmetic in a median', 'aggregate-not-allowed', 'SELECT median(age * 1) FROM patients'],
  ['arithmetic in a variance', 'aggregate-not-allowed', 'SELECT variance(age + cost) FROM patients'],
  ['arithmetic in a distinct count', 'aggregate-not-allowed', 'SELECT count(DISTINCT person * 2) FROM patients'],
  ['a product too wide to sum', 'bounds-too-wide', `SELECT sum(${Array(9).fill('cost').join(' * ')}) FROM patients`],
  [
    'very many branches',
    'too-complex',
    `SELECT sum(${Array(5).fill('CASE WHEN smoker THEN 1 ELSE 2 END').join(' + ')}) FROM patients`,
  ],
]
