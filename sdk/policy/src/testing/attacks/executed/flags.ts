import type { Probe } from './probe.ts'

const per = (value: string) => `(SELECT person, ${value}, max(cost) AS c, max(age) AS a FROM patients GROUP BY person) q`
const flag = "max(CASE WHEN region = 'Alone' THEN 1 ELSE 0 END) AS f"

/** Conditions that a value per privacy unit carries out of the block that made them. */
export const flags: readonly Probe[] = [
  ['counts one person by a flag of ones', `SELECT sum(f) AS x FROM ${per(flag)}`],
  ['takes one person’s cost by a flag', `SELECT sum(f * c) AS x FROM ${per(flag)}`],
  ['takes the mean of a flag', `SELECT avg(f) AS x FROM ${per(flag)}`],
  ['takes the spread of a flag', `SELECT stddev(f) AS x, variance(f) AS y FROM ${per(flag)}`],
  ['takes a quantile of a flag', `SELECT quantile_cont(f, 0.95) AS x FROM ${per(flag)}`],
  [
    'marks by two values that are not 0',
    `SELECT sum(f) AS x FROM ${per("max(CASE WHEN region = 'Alone' THEN 7 ELSE 5 END) AS f")}`,
  ],
  [
    'marks by a tiny difference',
    `SELECT sum(f) AS x FROM ${per("max(CASE WHEN region = 'Alone' THEN 1.000001 ELSE 1 END) AS f")}`,
  ],
  ['marks everybody else', `SELECT sum(f) AS x FROM ${per("min(CASE WHEN region <> 'Alone' THEN 1 ELSE 0 END) AS f")}`],
  ['marks by NULL', `SELECT count(f) AS x FROM ${per("max(CASE WHEN region = 'Alone' THEN 1 END) AS f")}`],
  ['marks all others by NULL', `SELECT count(f) AS x FROM ${per("max(CASE WHEN region <> 'Alone' THEN 1 END) AS f")}`],
  [
    'counts rows of one person by FILTER within',
    `SELECT sum(n) AS x FROM ${per("count(*) FILTER (WHERE region = 'Alone') AS n")}`,
  ],
  ['counts rows of one person by count_if within', `SELECT sum(n) AS x FROM ${per('count_if(age = 33) AS n')}`],
  ['counts rows of one person by a cast within', `SELECT sum(n) AS x FROM ${per('sum((age = 33)::INTEGER) AS n')}`],
  ['sums a part of one person’s rows', `SELECT sum(s) AS x FROM ${per("sum(cost) FILTER (WHERE admitted = '2020-03-03') AS s")}`],
  [
    'sums a part of one person’s rows, and 0 of others',
    `SELECT sum(s) AS x FROM ${per('sum(CASE WHEN age = 33 THEN cost ELSE 0 END) AS s')}`,
  ],
  [
    'sums everything but one person’s rows',
    `SELECT sum(s) AS x FROM ${per('sum(CASE WHEN age <> 33 THEN cost ELSE 0 END) AS s')}`,
  ],
  ['averages by a condition', `SELECT avg(s) AS x FROM ${per('avg(CASE WHEN age = 33 THEN visits ELSE 0 END) AS s')}`],
  [
    'picks by a second branch',
    `SELECT sum(s) AS x FROM ${per('max(CASE WHEN age < 33 THEN 1 WHEN age < 34 THEN 2 ELSE 3 END) AS s')}`,
  ],
  ['groups by a flag', `SELECT f, count(*) AS n, avg(c) AS m FROM ${per(flag)} GROUP BY f HAVING f = 1`],
  ['filters by a flag', `SELECT count(*) AS n, sum(c) AS s FROM ${per(flag)} WHERE f = 1`],
  ['picks by a flag under FILTER', `SELECT sum(c) FILTER (WHERE f = 1) AS s FROM ${per(flag)}`],
  ['picks by a flag under CASE', `SELECT sum(CASE WHEN f = 1 THEN c ELSE 0 END) AS s FROM ${per(flag)}`],
  ['picks by HAVING within', 'SELECT count(*) AS n FROM (SELECT person FROM patients GROUP BY person HAVING max(age) = 33) q'],
  [
    'picks by how many rows there are',
    'SELECT n, count(*) AS people FROM (SELECT person, count(*) AS n FROM patients GROUP BY person) q GROUP BY n HAVING n = 40',
  ],
  [
    'counts those who have a partner in a public list',
    'SELECT sum(n) AS x FROM (SELECT p.person, count(s.code) AS n FROM patients p LEFT JOIN states s ON p.region = s.name GROUP BY p.person) q',
  ],
  [
    'flags before an outer join',
    'SELECT sum(f) AS x FROM (SELECT person, region, max(CASE WHEN age = 33 THEN 1 ELSE 0 END) AS f FROM patients GROUP BY 1, 2) q LEFT JOIN states s ON s.name = q.region',
  ],
  [
    'subtracts a flag from a flag',
    'SELECT sum(f) - sum(g) AS x FROM (SELECT person, max(CASE WHEN age < 34 THEN 1 ELSE 0 END) AS f, max(CASE WHEN age < 33 THEN 1 ELSE 0 END) AS g FROM patients GROUP BY person) q',
  ],
  [
    'subtracts a condition from a flag',
    'SELECT sum(f) - count(*) FILTER (WHERE a < 33) AS x FROM (SELECT person, max(CASE WHEN age < 34 THEN 1 ELSE 0 END) AS f, max(age) AS a FROM patients GROUP BY person) q',
  ],
]
