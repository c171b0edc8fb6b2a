import type { Attack } from './attack.ts'

/** Errors, time and size as an answer. */
export const errorsAndTime: readonly Attack[] = [
  ['raises an error with a value', 'function-not-allowed', "SELECT error('x' || name) FROM patients GROUP BY 1"],
  [
    'raises an error in a filter',
    'function-not-allowed',
    "SELECT count(*) FROM patients WHERE CASE WHEN age = 33 THEN error('x') END",
  ],
  [
    'compares a text with a number, which would fail on some values',
    'type-mismatch',
    'SELECT count(*) FROM patients WHERE region = 5',
  ],
  ['compares a date with a number', 'type-mismatch', 'SELECT count(*) FROM patients WHERE admitted > 5'],
  ['compares a date with a text that is none', 'type-mismatch', "SELECT count(*) FROM patients WHERE admitted > 'x'"],
  ['compares with a day that does not exist', 'type-mismatch', "SELECT count(*) FROM patients WHERE admitted > '2021-02-30'"],
  ['compares with NULL', 'type-mismatch', 'SELECT count(*) FROM patients WHERE age = NULL'],
  ['makes a scalar subquery fail', 'raw-rows', 'SELECT count(*) FROM patients WHERE age = (SELECT age FROM patients)'],
  ['sleeps', 'function-not-allowed', 'SELECT sleep_ms(1000), count(*) FROM patients'],
  ['builds a huge text', 'function-not-allowed', "SELECT repeat('x', 2000000000), count(*) FROM patients"],
  ['casts to a type that nobody judged', 'type-mismatch', 'SELECT region::JSON, count(*) FROM patients GROUP BY 1'],
  [
    'uses an integer beyond every column',
    'constant-not-allowed',
    'SELECT count(*) FROM patients WHERE age < 99999999999999999999',
  ],
  ['takes a negative number of rows', 'limit-not-allowed', 'SELECT count(*) FROM patients LIMIT -1'],
  ['takes a percentage of rows', 'limit-not-allowed', 'SELECT count(*) FROM patients LIMIT 10%'],
  ['computes a limit', 'limit-not-allowed', 'SELECT count(*) FROM patients LIMIT (SELECT count(*) FROM pupils)'],
  ['nests very deeply', 'too-complex', `SELECT ${'lower('.repeat(400)}region${')'.repeat(400)} FROM patients GROUP BY 1`],
  [
    'lists very many groups',
    'too-complex',
    `SELECT count(*) FROM patients GROUP BY ${Array.from({ length: 300 }, (_, i) => `age // ${i}`).join()}`,
  ],
  ['is very long', 'too-complex', `SELECT count(*) FROM patients WHERE age IN (${'1,'.repeat(60_000)}1)`],
  [
    'multiplies results by each other',
    'join-not-allowed',
    'WITH a AS (SELECT region, count(*) n FROM patients GROUP BY 1) SELECT x.region FROM a x, a y',
  ],
  ['names two columns alike', 'duplicate-column', 'SELECT region AS x, count(*) AS X FROM patients GROUP BY 1'],
  [
    'leaves a name open',
    'column-ambiguous',
    'SELECT name, count(*) FROM airports JOIN states ON airports.state = states.code GROUP BY 1',
  ],
  ['names an output with control characters', 'construct-not-allowed', 'SELECT count(*) AS "a\nb" FROM patients'],
  [
    'doubles an expression with every alias',
    'too-complex',
    `SELECT count(*) AS a0${doubled((i) => `, a${i} + a${i} AS a${i + 1}`)} FROM patients`,
  ],
  [
    'doubles a text with every alias',
    'too-complex',
    `SELECT region AS a0${doubled((i) => `, a${i} || a${i} AS a${i + 1}`)}, count(*) FROM patients GROUP BY region`,
  ],
  [
    'doubles an expression over results with every alias',
    'too-complex',
    `WITH r AS (SELECT count(*) AS n FROM patients) SELECT n AS a0${doubled((i) => `, a${i} * a${i} AS a${i + 1}`)} FROM r`,
  ],
  [
    'doubles an expression with every subquery over rows',
    'too-complex',
    `WITH q0 AS (SELECT age AS n FROM patients)${doubled((i) => `, q${i + 1} AS (SELECT n + n AS n FROM q${i})`)} SELECT sum(n) FROM q40`,
  ],
  [
    'doubles a condition with every subquery over rows',
    'too-complex',
    `WITH q0 AS (SELECT smoker AS n FROM patients)${doubled((i) => `, q${i + 1} AS (SELECT n AND n AS n FROM q${i})`)} SELECT count(*) FROM q40 WHERE n`,
  ],
  [
    'doubles joins of a public list',
    'too-complex',
    `WITH q0 AS (SELECT name AS n FROM states)${doubled((i) => `, q${i + 1} AS (SELECT a.n FROM q${i} a JOIN q${i} b ON a.n = b.n)`)} SELECT n FROM q40`,
  ],
  [
    'asks for very many conditions in one aggregate block',
    'too-complex',
    `SELECT ${Array.from({ length: 250 }, (_, i) => `count(*) FILTER (WHERE age < ${i})`).join()} FROM patients`,
  ],
  [
    'stacks very many results',
    'too-complex',
    `SELECT count(*) FROM patients${' UNION ALL SELECT count(*) FROM patients'.repeat(2300)}`,
  ],
  ['nests very many subqueries', 'syntax-error', `${'SELECT x FROM ('.repeat(3000)}SELECT 1 AS x${')'.repeat(3000)}`],
  ['nests very many parentheses', 'syntax-error', `SELECT ${'('.repeat(40_000)}1${')'.repeat(40_000)} FROM patients`],
  ['nests very many brackets', 'syntax-error', `SELECT ${'['.repeat(20_000)}1${']'.repeat(20_000)}`],
  ['negates very often', 'syntax-error', `SELECT count(*) FROM patients WHERE ${'NOT '.repeat(20_000)}smoker`],
  ['takes very many signs', 'syntax-error', `SELECT ${'- '.repeat(40_000)}1, count(*) FROM patients`],
  ['joins very many tables', 'syntax-error', `SELECT count(*) FROM patients${' JOIN patients USING (person)'.repeat(3000)}`],
  [
    'nests very many cases',
    'syntax-error',
    `SELECT ${'CASE WHEN smoker THEN 1 ELSE '.repeat(3000)}1${' END'.repeat(3000)}, count(*) FROM patients`,
  ],
]

function doubled(step: (i: number) => string): string {
  return Array.from({ length: 40 }, (_, i) => step(i)).join('')
}
