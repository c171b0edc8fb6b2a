import type { Probe } from './probe.ts'

const of = (condition: string) => `count(*) FILTER (WHERE ${condition})`

/** Conditions inside aggregates, one beside the other. */
export const conditions: readonly Probe[] = [
  ['subtracts the younger', `SELECT ${of('age < 34')} AS a, ${of('age < 33')} AS b FROM patients`],
  ['subtracts the younger and the older from all', `SELECT ${of('age < 33')} AS a, ${of('age > 33')} AS b FROM patients`],
  ['subtracts in one expression', `SELECT ${of('age < 34')} - ${of('age < 33')} AS a FROM patients`],
  ['subtracts sums', 'SELECT sum(cost) FILTER (WHERE age < 34) AS a, sum(cost) FILTER (WHERE age < 33) AS b FROM patients'],
  ['subtracts a sum from a sum by HAVING', `SELECT smoker FROM patients GROUP BY 1 HAVING ${of('age < 34')} > ${of('age < 33')}`],
  [
    'orders by a difference',
    `SELECT smoker FROM patients GROUP BY 1 ORDER BY ${of('age < 34')} - ${of('age < 33')} DESC NULLS LAST LIMIT 1`,
  ],
  ['subtracts by count_if', 'SELECT count_if(age < 34) - count_if(age < 33) AS a FROM patients'],
  [
    'subtracts by CASE',
    'SELECT sum(CASE WHEN age < 34 THEN 1 ELSE 0 END) - sum(CASE WHEN age < 33 THEN 1 ELSE 0 END) AS a FROM patients',
  ],
  ['subtracts by casts', 'SELECT sum((age < 34)::INTEGER) - sum((age < 33)::INTEGER) AS a FROM patients'],
  ['makes three branches', 'SELECT sum(CASE WHEN age < 33 THEN 1 WHEN age < 34 THEN 1000000 ELSE 0 END) AS a FROM patients'],
  [
    'makes branches that differ little',
    'SELECT sum(CASE WHEN age < 33 THEN 1 WHEN age < 34 THEN 1.0000001 ELSE 1 END) AS a FROM patients',
  ],
  ['makes an ELSE that differs little', 'SELECT sum(CASE WHEN age = 33 THEN cost ELSE cost * 1.000001 END) AS a FROM patients'],
  ['nests branches', 'SELECT sum(CASE WHEN age < 34 THEN CASE WHEN age < 33 THEN 0 ELSE cost END ELSE 0 END) AS a FROM patients'],
  ['nests a negation', 'SELECT sum(CASE WHEN NOT (NOT (age = 33)) THEN cost ELSE 0 END) AS a FROM patients'],
  [
    'picks by two quasi-identifiers',
    "SELECT sum(cost) FILTER (WHERE smoker AND admitted = '2020-03-03' AND region = 'Alone') AS a FROM patients",
  ],
  ['picks all others', "SELECT sum(cost) FILTER (WHERE region <> 'Alone') AS a FROM patients"],
  ['picks all others by IN', `SELECT ${of(`region NOT IN ('Alone')`)} AS a FROM patients`],
  ['picks all others by LIKE', `SELECT ${of(`region NOT LIKE 'Al%'`)} AS a FROM patients`],
  ['picks all others by a function', `SELECT ${of('length(region) > 5')} AS a FROM patients`],
  [
    'picks by a date',
    `SELECT avg(cost) FILTER (WHERE admitted BETWEEN '2020-03-03' AND '2020-03-03' AND age = 33) AS a FROM patients`,
  ],
  [
    'writes one condition in two ways',
    `SELECT ${of('age < 34 AND smoker')} AS a, ${of('smoker AND age < 33')} AS b FROM patients`,
  ],
  ['crosses conditions', `SELECT ${of('age < 34')} AS a, ${of('age > 32')} AS b FROM patients`],
  [
    'subtracts beside a total',
    `SELECT smoker, ${of('age < 34')} AS a, ${of('age < 33')} AS b FROM patients GROUP BY ROLLUP (smoker) HAVING smoker IS NULL OR NOT smoker`,
  ],
  [
    'subtracts in cells that cross',
    `SELECT ${of('age < 34')} AS a, ${of('age < 33')} AS b FROM patients GROUP BY CUBE (smoker, month(admitted)) HAVING grouping(smoker) = 1 AND grouping(month(admitted)) = 1`,
  ],
  [
    'subtracts over two table expressions with the same rows',
    `WITH a AS (SELECT ${of('age < 34')} AS n FROM patients), b AS (SELECT ${of('age < 33')} AS n FROM patients) SELECT a.n - b.n AS d FROM a CROSS JOIN b`,
  ],
  [
    'subtracts over two table expressions with other names',
    `WITH a AS (SELECT ${of('x.age < 34')} AS n FROM patients x), b AS (SELECT ${of('y.age < 33')} AS n FROM patients y) SELECT a.n - b.n AS d FROM a CROSS JOIN b`,
  ],
  [
    'subtracts through subqueries over rows',
    `SELECT ${of('q.y < 34')} - ${of('q.y < 33')} AS d FROM (SELECT age AS y FROM patients) q`,
  ],
  [
    'subtracts over stacked rows',
    `SELECT ${of('y < 34')} - ${of('y < 33')} AS d FROM (SELECT age AS y FROM patients UNION ALL SELECT grade FROM pupils) q`,
  ],
  [
    'subtracts over units',
    'SELECT count(*) FILTER (WHERE a < 34) - count(*) FILTER (WHERE a < 33) AS d FROM (SELECT person, max(age) AS a FROM patients GROUP BY person) q',
  ],
  [
    'takes moments of one',
    'SELECT stddev(cost) FILTER (WHERE age = 33) AS a, variance(cost) FILTER (WHERE age = 33) AS b FROM patients',
  ],
  ['takes a median of one', 'SELECT median(cost) FILTER (WHERE age = 33) AS a FROM patients'],
  ['takes a quantile of all others', 'SELECT quantile_cont(cost, 0.95) FILTER (WHERE age <> 33) AS a FROM patients'],
  ['counts distinct people of one', "SELECT count(DISTINCT person) FILTER (WHERE region = 'Alone') AS a FROM patients"],
  ['counts distinct others', "SELECT count(DISTINCT person) FILTER (WHERE region <> 'Alone') AS a FROM patients"],
  ['takes a mean of branches', 'SELECT avg(CASE WHEN age = 33 THEN 1 ELSE 0 END) AS a FROM patients'],
  ['weighs by a branch', 'SELECT sum(cost * CASE WHEN age = 33 THEN 1 ELSE 0 END) AS a FROM patients'],
  [
    'picks by a released value',
    'SELECT sum(cost) FILTER (WHERE age = (SELECT 33 + 0 * count(*) FROM patients)) AS a FROM patients',
  ],
]
