import type { Attack } from './attack.ts'

/** Rows of datasets among released ones, and results that are not the same in every run. */
export const released: readonly Attack[] = [
  ['unites rows with a result', 'raw-rows', 'SELECT count(*) FROM patients UNION ALL SELECT age FROM patients'],
  ['unites a result with rows', 'raw-rows', 'SELECT age FROM patients UNION SELECT count(*) FROM patients'],
  ['subtracts rows from a public list', 'raw-rows', 'SELECT name FROM states EXCEPT SELECT name FROM patients'],
  ['intersects rows with a public list', 'raw-rows', 'SELECT name FROM states INTERSECT SELECT region FROM patients'],
  [
    'hides rows in a nested set operation',
    'raw-rows',
    'SELECT name FROM states UNION (SELECT code FROM states UNION SELECT name FROM patients)',
  ],
  [
    'unites rows by name',
    'set-operation-not-allowed',
    'SELECT count(*) AS n FROM patients UNION BY NAME SELECT age FROM patients',
  ],
  ['unites a text with a number', 'type-mismatch', 'SELECT count(*) FROM patients UNION ALL SELECT name FROM states'],
  ['unites lists of different lengths', 'type-mismatch', 'SELECT name, code FROM states UNION ALL SELECT name FROM states'],
  [
    'orders a union by a column of one side',
    'column-unknown',
    'SELECT name FROM states UNION ALL SELECT name FROM states ORDER BY code',
  ],
  [
    'orders distinct rows by what they do not hold',
    'construct-not-allowed',
    'SELECT DISTINCT a.city FROM airports a ORDER BY a.name',
  ],
  [
    'shows a shut column of a public dataset through a union',
    'column-not-allowed',
    'SELECT latitude FROM airports UNION ALL SELECT longitude FROM airports',
  ],
  [
    'correlates a subquery with the rows around it',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients p WHERE p.age > (SELECT avg(q.age) FROM patients q WHERE q.region = p.region)',
  ],
  [
    'correlates EXISTS',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients p WHERE EXISTS (SELECT name FROM states WHERE code = p.region)',
  ],
  ['filters by a subquery over rows', 'raw-rows', 'SELECT count(*) FROM patients WHERE age = (SELECT age FROM patients LIMIT 1)'],
  [
    'lists units from rows',
    'join-not-allowed',
    'SELECT count(*) FROM patients WHERE age IN (SELECT age FROM patients WHERE smoker)',
  ],
  [
    'fails where a subquery gives two rows',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients HAVING count(*) > (SELECT count(*) FROM patients GROUP BY region)',
  ],
  [
    'compares a measure with its own released mean',
    'filter-not-allowed',
    'SELECT count(*) FROM patients WHERE cost > (SELECT avg(cost) FROM patients)',
  ],
  [
    'probes units by a released list',
    'filter-not-allowed',
    'SELECT count(*) FROM patients WHERE person IN (SELECT count(*) FROM patients)',
  ],
  [
    'compares a column that may meet columns only with a released value',
    'filter-not-allowed',
    'SELECT count(*) FROM patients WHERE visits > (SELECT avg(visits) FROM patients)',
  ],
  [
    'hides a shut column beside a released list',
    'filter-not-allowed',
    'SELECT count(*) FROM patients WHERE name IN (SELECT name FROM states)',
  ],
  [
    'compares with every value of a list',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients WHERE age > ALL (SELECT age FROM patients GROUP BY 1)',
  ],
  [
    'compares with any value of a list',
    'subquery-not-allowed',
    'SELECT count(*) FROM patients WHERE age > ANY (SELECT age FROM patients GROUP BY 1)',
  ],
  ['selects two columns into one value', 'subquery-not-allowed', 'SELECT (SELECT count(*), avg(age) FROM patients) FROM states'],
  [
    'joins on a subquery',
    'subquery-not-allowed',
    'SELECT count(*) FROM flights f JOIN airports a ON f.origin = (SELECT code FROM states LIMIT 1)',
  ],
  [
    'compares a text with a list of numbers',
    'type-mismatch',
    'SELECT count(*) FROM patients WHERE region IN (SELECT count(*) FROM patients)',
  ],
  ['carries a subquery into an aggregate', 'aggregate-not-allowed', 'SELECT sum((SELECT count(*) FROM patients)) FROM patients'],
  ['numbers rows', 'window-not-allowed', 'SELECT row_number() OVER (ORDER BY age) FROM patients'],
  ['sums rows over a window', 'window-not-allowed', 'SELECT sum(age) OVER (ORDER BY person) FROM patients'],
  [
    'runs a window over rows in a subquery',
    'window-not-allowed',
    'SELECT avg(x) FROM (SELECT lag(age) OVER () AS x FROM patients) q',
  ],
  ['runs a window inside an aggregate', 'window-not-allowed', 'SELECT sum(sum(age) OVER ()) FROM patients GROUP BY region'],
  ['groups by a window', 'window-not-allowed', 'SELECT count(*) FROM patients GROUP BY row_number() OVER ()'],
  ['filters rows by a window', 'window-not-allowed', 'SELECT count(*) FROM patients WHERE row_number() OVER () < 5'],
  ['filters rows by QUALIFY', 'window-not-allowed', 'SELECT row_number() OVER () AS r FROM patients QUALIFY r = 1'],
  ['takes a window over an ungrouped column', 'not-grouped', 'SELECT region, max(cost) OVER () FROM patients GROUP BY region'],
  [
    'partitions by an ungrouped column',
    'not-grouped',
    'SELECT region, count(*) OVER (PARTITION BY person) FROM patients GROUP BY region',
  ],
  [
    'filters a window by an ungrouped column',
    'not-grouped',
    'SELECT region, count(*) FILTER (WHERE cost > 5) OVER () FROM patients GROUP BY region',
  ],
  [
    'takes the smallest value inside a window',
    'aggregate-not-allowed',
    'SELECT region, sum(min(cost)) OVER () FROM patients GROUP BY region',
  ],
  [
    'filters by a window in HAVING',
    'window-not-allowed',
    'SELECT region, rank() OVER (ORDER BY count(*)) AS r FROM patients GROUP BY 1 HAVING r < 3',
  ],
  [
    'stacks windows',
    'window-not-allowed',
    'SELECT sum(rank() OVER (ORDER BY n)) OVER () FROM (SELECT count(*) AS n FROM patients) q',
  ],
  [
    'stacks windows through a name',
    'window-not-allowed',
    'SELECT rank() OVER (ORDER BY n) AS r, sum(r) OVER () AS s FROM (SELECT count(*) AS n FROM patients) q',
  ],
  [
    'cuts rows of a subquery by QUALIFY',
    'window-not-allowed',
    'SELECT count(*) FROM (SELECT age FROM patients QUALIFY age > 30) q',
  ],
  ['qualifies without a window', 'window-not-allowed', 'SELECT count(*) AS n FROM patients QUALIFY n > 3'],
  [
    'moves by a number of rows from data',
    'window-not-allowed',
    'SELECT lag(n, n) OVER () FROM (SELECT count(*) AS n FROM patients) q',
  ],
  ['divides into no parts', 'window-not-allowed', 'SELECT ntile(0) OVER () FROM (SELECT count(*) AS n FROM patients) q'],
  [
    'frames by a distance from data',
    'window-not-allowed',
    'SELECT sum(n) OVER (ORDER BY n ROWS BETWEEN n PRECEDING AND CURRENT ROW) FROM (SELECT count(*) AS n FROM patients) q',
  ],
  [
    'frames by a negative distance',
    'window-not-allowed',
    'SELECT sum(n) OVER (ORDER BY n RANGE BETWEEN -1 PRECEDING AND CURRENT ROW) FROM (SELECT count(*) AS n FROM patients) q',
  ],
  [
    'leaves ties of a frame to chance',
    'window-not-allowed',
    'SELECT first_value(n) OVER (ORDER BY n RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (SELECT count(*) AS n FROM patients) q',
  ],
  [
    'takes the first of results without an order',
    'aggregate-not-allowed',
    'SELECT first(n) FROM (SELECT count(*) AS n FROM patients GROUP BY region) q',
  ],
  [
    'takes the most frequent of results, which ties leave open',
    'aggregate-not-allowed',
    'SELECT mode(n) FROM (SELECT count(*) AS n FROM patients GROUP BY region) q',
  ],
  ['makes results a list', 'aggregate-not-allowed', 'SELECT list(n) FROM (SELECT count(*) AS n FROM patients GROUP BY region) q'],
  ['aggregates aggregates of rows', 'aggregate-not-allowed', 'SELECT sum(count(*)) FROM patients GROUP BY region'],
  ['aggregates aggregates of results', 'nested-aggregation', 'SELECT sum(count(*)) FROM (SELECT count(*) AS n FROM patients) q'],
  [
    'sums a shut column of a public dataset beside results',
    'column-not-allowed',
    'SELECT sum(a.rank) FROM airports a JOIN (SELECT region, count(*) AS n FROM patients GROUP BY 1) q ON a.city = q.region',
  ],
  [
    'multiplies results by each other and sums them',
    'join-not-allowed',
    'WITH a AS (SELECT region, count(*) n FROM patients GROUP BY 1) SELECT count(*) FROM a x, a y',
  ],
]
