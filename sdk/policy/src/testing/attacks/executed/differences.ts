import type { Probe } from './probe.ts'

const n = 'count(*) AS n'
const parts = `p AS (SELECT region, ${n} FROM patients GROUP BY 1)`
const less = 'SELECT max(w.n) - sum(p.n) = 40 AS d FROM p CROSS JOIN w'

/** Results of one statement, subtracted: whose rows are the same, or nearly, in other words. The hermit has 40 rows. */
export const differences: readonly Probe[] = [
  [
    'subtracts all but one from all',
    "SELECT count(*) - (SELECT count(*) FROM patients WHERE region <> 'Alone') AS d FROM patients",
  ],
  ['subtracts all but one of an age', 'SELECT count(*) - (SELECT count(*) FROM patients WHERE age <> 33) AS d FROM patients'],
  [
    'subtracts all but one day',
    "SELECT count(*) - (SELECT count(*) FROM patients WHERE admitted <> '2020-03-03' OR age <> 33) AS d FROM patients",
  ],
  ['subtracts sums', "SELECT sum(cost) - (SELECT sum(cost) FROM patients WHERE region <> 'Alone') AS d FROM patients"],
  ['subtracts means', 'SELECT avg(cost) - (SELECT avg(cost) FROM patients WHERE age <> 33) AS d FROM patients'],
  [
    'subtracts distinct people',
    'SELECT count(DISTINCT person) - (SELECT count(DISTINCT person) FROM patients WHERE age <> 33) AS d FROM patients',
  ],
  ['compares medians', 'SELECT median(cost) - (SELECT median(cost) FROM patients WHERE age <> 33) AS d FROM patients'],
  ['compares spreads', 'SELECT stddev(cost) - (SELECT stddev(cost) FROM patients WHERE age <> 33) AS d FROM patients'],
  [
    'slides a window over ages',
    'WITH a AS (SELECT count(*) AS n FROM patients WHERE age < 34), b AS (SELECT count(*) AS n FROM patients WHERE age < 33) SELECT a.n - b.n AS d FROM a CROSS JOIN b',
  ],
  [
    'slides a window over days',
    'WITH a AS (SELECT count(*) AS n FROM patients WHERE age < 34 AND smoker), b AS (SELECT count(*) AS n FROM patients WHERE smoker AND age < 33) SELECT a.n - b.n AS d FROM a CROSS JOIN b',
  ],
  [
    'subtracts the younger and the older',
    'WITH w AS (SELECT count(*) AS n FROM patients), a AS (SELECT count(*) AS n FROM patients WHERE age < 33), b AS (SELECT count(*) AS n FROM patients WHERE age > 33) SELECT w.n - a.n - b.n AS d FROM w CROSS JOIN a CROSS JOIN b',
  ],
  [
    'subtracts in every group',
    "WITH w AS (SELECT smoker, count(*) AS n FROM patients GROUP BY 1), a AS (SELECT smoker, count(*) AS n FROM patients WHERE region <> 'Alone' GROUP BY 1) SELECT w.smoker, w.n - a.n AS d FROM w JOIN a ON w.smoker = a.smoker WHERE w.smoker",
  ],
  [
    'takes what EXCEPT leaves',
    'SELECT smoker, count(*) AS n FROM patients WHERE smoker GROUP BY 1 EXCEPT SELECT smoker, count(*) FROM patients WHERE smoker AND age <> 33 GROUP BY 1',
  ],
  [
    'orders by a difference of two results',
    'WITH w AS (SELECT smoker, count(*) AS n FROM patients GROUP BY 1), a AS (SELECT smoker, count(*) AS n FROM patients WHERE age <> 33 GROUP BY 1) SELECT w.smoker FROM w JOIN a ON w.smoker = a.smoker ORDER BY w.n - a.n DESC LIMIT 1',
  ],
  [
    'takes a lag over a union',
    'SELECT n - lag(n) OVER (ORDER BY n) AS d FROM (SELECT count(*) AS n FROM patients UNION ALL SELECT count(*) FROM patients WHERE age <> 33) u ORDER BY d LIMIT 1',
  ],
  [
    'uses other names for tables',
    'WITH w AS (SELECT count(*) AS n FROM patients x), a AS (SELECT count(*) AS n FROM patients y WHERE y.age <> 33) SELECT w.n - a.n AS d FROM w CROSS JOIN a',
  ],
  [
    'uses a subquery over rows',
    'WITH w AS (SELECT count(*) AS n FROM patients), a AS (SELECT count(*) AS n FROM (SELECT age AS y FROM patients) q WHERE q.y <> 33) SELECT w.n - a.n AS d FROM w CROSS JOIN a',
  ],
  [
    'uses stacked rows',
    'WITH w AS (SELECT count(*) AS n FROM (SELECT age FROM patients UNION ALL SELECT grade FROM pupils) q), a AS (SELECT count(*) AS n FROM (SELECT age FROM patients WHERE age <> 33 UNION ALL SELECT grade FROM pupils) q) SELECT w.n - a.n = 40 AS d FROM w CROSS JOIN a',
  ],
  ['subtracts all visible parts from all', `WITH ${parts}, w AS (SELECT ${n} FROM patients) ${less}`],
  [
    'subtracts all parts from all, by a condition that everybody fulfils',
    `WITH ${parts}, w AS (SELECT ${n} FROM patients WHERE age >= 0) ${less}`,
  ],
  [
    'subtracts all parts from all, by a condition that is NOT NOT',
    `WITH ${parts}, w AS (SELECT ${n} FROM patients WHERE NOT NOT (age >= 0)) ${less}`,
  ],
  [
    'subtracts all parts from all, by IS NOT NULL',
    `WITH ${parts}, w AS (SELECT ${n} FROM patients WHERE age IS NOT NULL) ${less}`,
  ],
  [
    'subtracts all parts from all, by a released value',
    `WITH ${parts}, w AS (SELECT ${n} FROM patients WHERE age < (SELECT 1000 + 0 * count(*) FROM patients)) ${less}`,
  ],
  [
    'subtracts all parts from all, terms turned around',
    'WITH p AS (SELECT region, count(*) AS n FROM patients WHERE age >= 0 AND age < 500 GROUP BY 1), w AS (SELECT count(*) AS n FROM patients WHERE age < 500 AND age >= 0) SELECT max(w.n) - sum(p.n) = 40 AS d FROM p CROSS JOIN w',
  ],
  [
    'subtracts all parts from all, through an outer join',
    `WITH ${parts}, w AS (SELECT ${n} FROM patients q LEFT JOIN states s ON q.region = s.name AND q.region = s.code) ${less}`,
  ],
  [
    'subtracts parts of parts',
    'WITH p AS (SELECT region, smoker, count(*) AS n FROM patients GROUP BY 1, 2), w AS (SELECT smoker, count(*) AS n FROM patients WHERE age >= 0 GROUP BY 1) SELECT p.smoker, max(w.n) - sum(p.n) = 40 AS d FROM p JOIN w ON p.smoker = w.smoker WHERE p.smoker GROUP BY 1',
  ],
  [
    'subtracts visible cells from ROLLUP’s total',
    'WITH r AS (SELECT region, grouping(region) AS g, count(*) AS n FROM patients GROUP BY ROLLUP (region)) SELECT sum(CASE WHEN g = 1 THEN n ELSE -n END) = 40 AS d FROM r',
  ],
  [
    'subtracts visible cells by a window',
    'WITH r AS (SELECT region, grouping(region) AS g, count(*) AS n FROM patients GROUP BY ROLLUP (region)) SELECT DISTINCT max(n) OVER () - sum(n) FILTER (WHERE g = 0) OVER () = 40 AS d FROM r',
  ],
  [
    'subtracts visible cells of CUBE',
    'WITH r AS (SELECT region, smoker, grouping(region, smoker) AS g, count(*) AS n FROM patients GROUP BY CUBE (region, smoker)) SELECT sum(CASE g WHEN 3 THEN n WHEN 1 THEN -n ELSE 0 END) = 40 AS d FROM r',
  ],
  ['lists the cell itself', 'SELECT region, count(*) AS n, sum(cost) AS s FROM patients GROUP BY region HAVING count(*) < 50'],
  [
    'lists cells by several quasi-identifiers',
    "SELECT age, smoker, admitted, count(*) AS n, avg(cost) AS c FROM patients WHERE region = 'Alone' GROUP BY ALL",
  ],
  [
    'takes whoever is left by a filter',
    'SELECT count(*) AS n, max(x) AS m FROM (SELECT region AS r, avg(cost) AS x FROM patients WHERE age = 33 GROUP BY 1) q',
  ],
]
