import type { Probe } from './probe.ts'

const alone = (condition: string) => `SELECT count(*) AS n, sum(cost) AS c FROM patients WHERE ${condition}`

/** One person by other ways to write a text, a name, a comparison. */
export const otherWords: readonly Probe[] = [
  ['quotes by dollars', alone('region = $$Alone$$')],
  ['quotes by dollars and a tag', alone('region = $x$Alone$x$')],
  ['escapes a letter', alone("region = E'\\x41lone'")],
  ['matches all but a letter', alone("region LIKE 'Alon_'")],
  ['matches a pattern', alone("region SIMILAR TO 'A.*'")],
  ['matches a pattern without case', alone("region ILIKE 'alone'")],
  ['matches an expression', alone("regexp_matches(region, '^A')")],
  ['compares a part', alone("left(region, 1) = 'A'")],
  ['compares lengths', alone('length(region) < 6')],
  ['compares an order', alone("region < 'B'")],
  ['compares between', alone("region BETWEEN 'A' AND 'B'")],
  ['compares by IS NOT DISTINCT FROM', alone("region IS NOT DISTINCT FROM 'Alone'")],
  ['compares a cast', alone("age::VARCHAR = '33'")],
  ['compares a year and a day', alone('year(admitted) = 2020 AND age = 33')],
  ['compares what strftime says', alone("strftime(admitted, '%Y-%m-%d') = '2020-03-03' AND age IN (33)")],
  [
    'names tables like the rewrite does',
    `SELECT count(*) AS n FROM patients AS t0 JOIN pupils AS x ON t0.person = x.pupil WHERE t0.age = 33`,
  ],
  [
    'names results like the rewrite does',
    `WITH cells AS (SELECT region, count(*) AS n FROM patients WHERE age = 33 GROUP BY 1), cells_visible AS (SELECT region, n FROM cells) SELECT region, n FROM cells_visible`,
  ],
  [
    'names columns like the rewrite does',
    'SELECT region AS g0, count(*) AS h0, sum(cost) AS m0, avg(cost) AS a0 FROM patients WHERE age = 33 GROUP BY region',
  ],
  ['quotes in a name', `SELECT count(*) AS "n"";--" FROM patients WHERE age = 33`],
  [
    'groups by a key of a public list',
    'SELECT s.code, count(*) AS n FROM patients p LEFT JOIN states s ON p.region = s.name WHERE p.age = 33 GROUP BY 1',
  ],
  [
    'groups by computed labels',
    "SELECT CASE region WHEN 'Alone' THEN 'him' ELSE 'them' END AS who, count(*) AS n FROM patients GROUP BY 1 HAVING who = 'him'",
  ],
  ['groups by two ages', 'SELECT age = 33 AS him, count(*) AS n FROM patients GROUP BY 1 HAVING him'],
  ['groups by decimals of an age', 'SELECT age / 33.0 AS x, count(*) AS n FROM patients GROUP BY 1 HAVING x = 1'],
  [
    'repeats rows by a join with itself',
    'SELECT p.region, count(*) AS n FROM patients p JOIN patients q ON p.person = q.person WHERE p.age = 33 GROUP BY 1',
  ],
  [
    'repeats units by a stack',
    "SELECT r, count(*) AS n FROM (SELECT region AS r FROM patients UNION ALL SELECT region FROM patients) q WHERE r = 'Alone' GROUP BY 1",
  ],
  [
    'fills a group by a stack',
    "SELECT sum(n) AS n FROM (SELECT r, count(*) AS n FROM (SELECT region AS r FROM patients WHERE age = 33 UNION ALL SELECT 'Alone' FROM pupils) q GROUP BY 1) x",
  ],
  ['asks whether there is anybody', "SELECT count(*) > 0 AS n FROM patients WHERE region = 'Alone'"],
  [
    'asks whether there is anybody, by EXISTS',
    "SELECT EXISTS (SELECT region FROM patients WHERE region = 'Alone' GROUP BY 1) AS x FROM states",
  ],
  [
    'asks whether there is anybody, by IN',
    "SELECT 'Alone' IN (SELECT region FROM patients WHERE age = 33 GROUP BY 1) AS x FROM states",
  ],
]
