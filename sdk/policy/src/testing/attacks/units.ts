import type { Attack } from './attack.ts'

const per = '(SELECT person, count(*) AS n, sum(cost) AS c, max(age) AS age FROM patients GROUP BY person) q'

/** One row per unit, on its way to an aggregate over units. */
export const throughUnits: readonly Attack[] = [
  ['rows of people and out', 'raw-rows', `SELECT n FROM ${per}`],
  ['rows of people and out with their unit', 'raw-rows', `SELECT person, n FROM ${per}`],
  [
    'rows of people through an expression and out',
    'raw-rows',
    'WITH q AS (SELECT person, count(*) n FROM patients GROUP BY person) SELECT n FROM q ORDER BY n DESC LIMIT 1',
  ],
  [
    'rows of people as a scalar',
    'column-not-allowed',
    'SELECT count(*) FROM patients WHERE age > (SELECT max(age) FROM patients GROUP BY person LIMIT 1)',
  ],
  ['the unit as a group afterwards', 'column-not-allowed', `SELECT person, sum(n) FROM ${per} GROUP BY person`],
  [
    'the unit that is a dimension as a group afterwards',
    'privacy-unit-not-allowed',
    'SELECT pupil, sum(n) FROM (SELECT pupil, count(*) AS n FROM pupils GROUP BY pupil) q GROUP BY pupil',
  ],
  ['the unit as a filter afterwards', 'filter-not-allowed', `SELECT sum(n) FROM ${per} WHERE person = 42`],
  ['the unit as a condition afterwards', 'filter-not-allowed', `SELECT sum(CASE WHEN person = 42 THEN n END) FROM ${per}`],
  [
    'the unit in HAVING',
    'filter-not-allowed',
    'SELECT sum(n) FROM (SELECT person, count(*) AS n FROM patients GROUP BY person HAVING person = 42) q',
  ],
  [
    'the unit as its own smallest',
    'privacy-unit-not-allowed',
    'SELECT p, count(*) FROM (SELECT person, min(person) AS p FROM patients GROUP BY person) q GROUP BY p',
  ],
  [
    'the unit summed',
    'aggregate-not-allowed',
    'SELECT sum(p) FROM (SELECT person, sum(person) AS p FROM patients GROUP BY person) q',
  ],
  [
    'the unit as a flag',
    'filter-not-allowed',
    'SELECT sum(f) FROM (SELECT person, max(CASE WHEN person = 42 THEN 1 ELSE 0 END) AS f FROM patients GROUP BY person) q',
  ],
  [
    'the unit under FILTER',
    'filter-not-allowed',
    'SELECT sum(f) FROM (SELECT person, count(*) FILTER (WHERE person = 42) AS f FROM patients GROUP BY person) q',
  ],
  [
    'the unit under count_if',
    'filter-not-allowed',
    'SELECT sum(f) FROM (SELECT person, count_if(person = 42) AS f FROM patients GROUP BY person) q',
  ],
  [
    'a name as the smallest',
    'column-not-allowed',
    'SELECT m, count(*) FROM (SELECT person, min(name) AS m FROM patients GROUP BY person) q GROUP BY m',
  ],
  [
    'a name counted',
    'aggregate-not-allowed',
    'SELECT avg(m) FROM (SELECT person, count(DISTINCT name) AS m FROM patients GROUP BY person) q',
  ],
  ['a cost as a group', 'column-not-allowed', `SELECT c, count(*) FROM ${per} GROUP BY c`],
  ['a cost as a filter', 'filter-not-allowed', `SELECT count(*) FROM ${per} WHERE c > 90000`],
  [
    'a cost in HAVING',
    'filter-not-allowed',
    'SELECT count(*) FROM (SELECT person FROM patients GROUP BY person HAVING max(cost) > 90000) q',
  ],
  [
    'a cost beside the unit as a group within',
    'column-not-allowed',
    'SELECT count(*) FROM (SELECT person, cost, count(*) AS n FROM patients GROUP BY 1, 2) q',
  ],
  [
    'a cut of people',
    'raw-rows',
    'SELECT avg(c) FROM (SELECT person, sum(cost) AS c FROM patients GROUP BY person ORDER BY c DESC LIMIT 1) q',
  ],
  [
    'a list of a person',
    'aggregate-not-allowed',
    'SELECT count(*) FROM (SELECT person, list(age) AS l FROM patients GROUP BY person) q',
  ],
  [
    'a first value of a person',
    'aggregate-not-allowed',
    'SELECT a, count(*) FROM (SELECT person, first(age) AS a FROM patients GROUP BY person) q GROUP BY a',
  ],
  [
    'a public key in place of the unit',
    'column-not-allowed',
    'SELECT sum(n) FROM (SELECT a.iata, count(*) AS n FROM airports a JOIN flights f ON a.iata = f.origin GROUP BY a.iata) q',
  ],
  [
    'totals beside the unit',
    'grouping-sets-not-allowed',
    'SELECT count(*) FROM (SELECT person, region, count(*) AS n FROM patients GROUP BY ROLLUP (person, region)) q',
  ],
  [
    'people joined by an attribute',
    'join-not-allowed',
    'SELECT count(*) FROM (SELECT person, max(age) AS a FROM patients GROUP BY person) p JOIN (SELECT pupil, max(grade) AS g FROM pupils GROUP BY pupil) q ON p.a = q.g',
  ],
  [
    'people joined by a count',
    'join-not-allowed',
    'SELECT count(*) FROM (SELECT person, count(*) AS n FROM patients GROUP BY person) p JOIN (SELECT pupil, count(*) AS n FROM pupils GROUP BY pupil) q ON p.n = q.n',
  ],
  ['the smallest in a result', 'aggregate-not-allowed', `SELECT min(n) FROM ${per}`],
]
