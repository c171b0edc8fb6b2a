import type { Attack } from './attack.ts'

/** Rows that a subquery picks, on their way to an aggregate. */
export const throughRows: readonly Attack[] = [
  ['rows through a subquery and out', 'raw-rows', 'SELECT age FROM (SELECT age FROM patients) q'],
  ['rows through a common table expression and out', 'raw-rows', 'WITH q AS (SELECT age, cost FROM patients) SELECT age FROM q'],
  ['rows through two subqueries and out', 'raw-rows', 'SELECT x FROM (SELECT x FROM (SELECT cost AS x FROM patients) a) b'],
  [
    'rows beside a total',
    'mixed-relations',
    'WITH t AS (SELECT count(*) n FROM patients) SELECT q.age, t.n FROM (SELECT age FROM patients) q CROSS JOIN t',
  ],
  ['a union of rows', 'raw-rows', 'SELECT region FROM (SELECT region FROM patients) a UNION ALL SELECT code FROM states'],
  ['rows as a scalar', 'raw-rows', 'SELECT count(*) FROM pupils WHERE grade > (SELECT age FROM patients LIMIT 1)'],
  ['a cut of rows', 'raw-rows', 'WITH q AS (SELECT age FROM patients LIMIT 30) SELECT avg(age) FROM q'],
  ['a cut of ordered rows', 'raw-rows', 'SELECT avg(a) FROM (SELECT age AS a FROM patients ORDER BY cost LIMIT 20) q'],
  ['distinct rows', 'raw-rows', 'SELECT count(*) FROM (SELECT DISTINCT age FROM patients) q'],
  ['a filter on the unit within', 'filter-not-allowed', 'SELECT avg(age) FROM (SELECT age FROM patients WHERE person = 42) q'],
  [
    'a filter on the unit among the conditions of an inner join',
    'filter-not-allowed',
    'SELECT q.school, avg(age) AS a FROM patients p JOIN pupils q ON person = pupil AND person = 42 GROUP BY 1',
  ],
  [
    'a filter on the unit among the conditions of a left join',
    'filter-not-allowed',
    "SELECT state, count(distance) AS n FROM airports LEFT JOIN flights ON iata = origin AND origin = 'A9' GROUP BY state",
  ],
  [
    'a filter on the left side of a left join',
    'join-not-allowed',
    'SELECT state, count(*) AS n FROM flights LEFT JOIN airports ON origin = iata AND distance > 100 GROUP BY state',
  ],
  [
    'a filter on the unit under another name',
    'filter-not-allowed',
    'WITH q AS (SELECT age, person AS x FROM patients) SELECT avg(age) FROM q WHERE x = 42',
  ],
  [
    'a filter on a name under another name',
    'filter-not-allowed',
    "WITH q (a, b) AS (SELECT age, name FROM patients) SELECT avg(a) FROM q WHERE b = 'x'",
  ],
  [
    'a filter on a computed flag',
    'filter-not-allowed',
    'SELECT count(*) FROM (SELECT CASE WHEN person = 42 THEN 1 ELSE 0 END AS f FROM patients) q WHERE f = 1',
  ],
  [
    'a group of a computed flag',
    'column-not-allowed',
    'SELECT f, count(*) FROM (SELECT CASE WHEN person = 42 THEN 1 ELSE 0 END AS f FROM patients) q GROUP BY f',
  ],
  [
    'a sum of a computed flag',
    'filter-not-allowed',
    'SELECT sum(f) FROM (SELECT CASE WHEN person = 42 THEN cost ELSE 0 END AS f FROM patients) q',
  ],
  [
    'the unit as a dimension under another name',
    'column-not-allowed',
    'SELECT x, count(*) FROM (SELECT person AS x FROM patients) q GROUP BY x',
  ],
  [
    'the unit, which is a dimension, under another name',
    'privacy-unit-not-allowed',
    'SELECT x, count(*) FROM (SELECT pupil AS x FROM pupils) q GROUP BY x',
  ],
  [
    'a constant in place of the unit of a join',
    'join-not-allowed',
    'SELECT count(*) FROM (SELECT 1 AS x, age FROM patients) a JOIN pupils b ON a.x = b.pupil',
  ],
  [
    'another column in place of the unit of a join',
    'join-not-allowed',
    'SELECT count(*) FROM (SELECT age AS person FROM patients) a JOIN pupils b ON a.person = b.pupil',
  ],
  [
    'a computed unit',
    'join-not-allowed',
    'SELECT count(*) FROM (SELECT person + 0 AS x FROM patients) a JOIN pupils b ON a.x = b.pupil',
  ],
  [
    'a computed key before an outer join',
    'join-not-allowed',
    'SELECT count(*) FROM states s LEFT JOIN (SELECT lower(region) AS x FROM patients) a ON s.name = a.x',
  ],
  [
    'a filter hidden before an outer join',
    'filter-not-allowed',
    'SELECT count(r) FROM states s LEFT JOIN (SELECT region AS r FROM patients WHERE person = 42) a ON s.name = a.r',
  ],
  [
    'a computed flag before an outer join, as a filter',
    'filter-not-allowed',
    'SELECT count(*) FROM states s LEFT JOIN (SELECT region AS r, CASE WHEN cost > 90000 THEN 1 ELSE 0 END AS f FROM patients) a ON s.name = a.r WHERE a.f = 1',
  ],
  [
    'a computed flag before an outer join, as a group',
    'column-not-allowed',
    'SELECT a.f, count(*) FROM states s LEFT JOIN (SELECT region AS r, CASE WHEN cost > 90000 THEN 1 ELSE 0 END AS f FROM patients) a ON s.name = a.r GROUP BY a.f',
  ],
  [
    'a computed flag before an outer join, as a summand',
    'aggregate-not-allowed',
    'SELECT sum(a.f) FROM states s LEFT JOIN (SELECT region AS r, CASE WHEN cost > 90000 THEN 1 ELSE 0 END AS f FROM patients) a ON s.name = a.r',
  ],
  [
    'a join with itself on an attribute',
    'join-not-allowed',
    'SELECT count(*) FROM patients a JOIN patients b ON a.region = b.region',
  ],
  [
    'a join with itself on the unit or an attribute',
    'join-not-allowed',
    'SELECT count(*) FROM patients a JOIN patients b ON a.person = b.person OR a.region = b.region',
  ],
  [
    'an outer join with itself',
    'join-not-allowed',
    'SELECT count(*) FROM patients a LEFT JOIN patients b ON a.person = b.person',
  ],
  [
    'a join with itself by a comma and without the unit',
    'join-not-allowed',
    'SELECT count(*) FROM patients a, patients b WHERE a.age = b.age',
  ],
  ['a join with itself by a comma and nothing', 'join-not-allowed', 'SELECT count(*) FROM patients a, patients b'],
  [
    'a join by a comma under OR',
    'join-not-allowed',
    'SELECT count(*) FROM patients a, pupils b WHERE a.person = b.pupil OR a.age = 3',
  ],
  [
    'very many subqueries',
    'too-complex',
    `WITH ${Array.from({ length: 9 }, (_, i) => `q${i + 1} AS (SELECT a.person FROM q${i} a JOIN q${i} b ON a.person = b.person)`)
      .join(', ')
      .replace('q1 AS', 'q0 AS (SELECT person FROM patients), q1 AS')} SELECT count(*) FROM q9`,
  ],
]
