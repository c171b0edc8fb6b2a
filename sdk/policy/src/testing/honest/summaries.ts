import type { Honest } from './set-operations.ts'

const people = 'HAVING count(DISTINCT person) >= 5'
const byRegion =
  'SELECT region, count(*) AS n, avg(score) AS score, sum(cost) AS cost, avg(age) > 44 AS old FROM patients GROUP BY region'
const regions = `(${byRegion}) AS q`
const byHand = `(${byRegion} ${people}) AS q`

export const summaries: readonly Honest[] = [
  [
    'the mean, the spread and the ends of group sizes',
    `SELECT avg(n) AS a, min(n) AS b, max(n) AS c, sum(n) AS d, count(*) AS e, count(DISTINCT n) AS f, median(n) AS g, stddev(n) AS h, var_pop(n) AS i FROM ${regions}`,
    `SELECT avg(n), min(n), max(n), sum(n), count(*), count(DISTINCT n), median(n), stddev(n), var_pop(n) FROM ${byHand}`,
  ],
  [
    'sums of DECIMAL and of DOUBLE',
    `SELECT sum(cost) AS a, avg(cost) AS b, sum(score) AS c, avg(score) AS d, stddev_pop(score) AS e, quantile_cont(score, 0.9) AS f, sum(DISTINCT n) AS g FROM ${regions}`,
    `SELECT sum(cost), avg(cost), sum(score), avg(score), stddev_pop(score), quantile_cont(score, 0.9), sum(DISTINCT n) FROM ${byHand}`,
  ],
  [
    'results grouped again, with HAVING and FILTER',
    `SELECT n // 4 AS size, count(*) AS regions, count(*) FILTER (WHERE old) AS old, bool_or(old) AS any_old, bool_and(old) AS all_old
     FROM ${regions} GROUP BY size HAVING sum(n) > 10 ORDER BY regions DESC`,
    `SELECT n // 4 AS size, count(*) AS regions, count(*) FILTER (WHERE old), bool_or(old), bool_and(old)
     FROM ${byHand} GROUP BY size HAVING sum(n) > 10 ORDER BY regions DESC`,
  ],
  [
    'which region has the highest mean, and all of them in a line',
    `SELECT arg_max(region, score) AS best, min_by(region, score) AS worst, string_agg(region, '; ' ORDER BY score DESC) AS line, string_agg(region) AS names FROM ${regions}`,
    `SELECT arg_max(region, score), min_by(region, score), string_agg(region, '; ' ORDER BY score DESC), string_agg(region ORDER BY region) FROM ${byHand}`,
  ],
  [
    'results with public names, grouped by those',
    `WITH f AS (SELECT a.state, count(*) AS n FROM flights JOIN airports a ON origin = iata GROUP BY 1)
     SELECT length(s.name) AS length, sum(n) AS n, max(s.name) AS last FROM f JOIN states s ON f.state = s.code GROUP BY ALL`,
    `WITH f AS (SELECT a.state, count(*) AS n FROM flights JOIN airports a ON origin = iata GROUP BY 1 HAVING count(DISTINCT origin) >= 2)
     SELECT length(s.name), sum(n), max(s.name) FROM f JOIN states s ON f.state = s.code GROUP BY ALL ORDER BY 1`,
  ],
  [
    'months above the mean of months',
    `WITH m AS (SELECT month(admitted) AS month, count(*) AS n FROM patients GROUP BY 1)
     SELECT month, n FROM m WHERE n > (SELECT avg(n) FROM m) ORDER BY n DESC`,
    `WITH m AS (SELECT month(admitted) AS month, count(*) AS n FROM patients GROUP BY 1 ${people})
     SELECT month, n FROM m WHERE n > (SELECT avg(n) FROM m) ORDER BY n DESC, month`,
  ],
  [
    'a union, aggregated',
    `SELECT what, sum(n) AS n FROM (SELECT 'a' AS what, count(*) AS n FROM patients GROUP BY region UNION ALL SELECT 'b', count(*) FROM pupils GROUP BY school) AS u GROUP BY what`,
    `SELECT 'a', sum(n) FROM (SELECT count(*) AS n FROM patients GROUP BY region HAVING count(DISTINCT person) >= 7)
     UNION ALL SELECT 'b', sum(n) FROM (SELECT count(*) AS n FROM pupils GROUP BY school HAVING count(DISTINCT pupil) >= 7)`,
  ],
]
