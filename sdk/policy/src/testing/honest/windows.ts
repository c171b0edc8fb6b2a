import type { Honest } from './set-operations.ts'

const people = 'HAVING count(DISTINCT person) >= 5'

export const windows: readonly Honest[] = [
  [
    'a share of the total and the rank beside each group',
    `SELECT region, count(*) AS n, round(100.0 * n / sum(n) OVER (), 2) AS percent, rank() OVER (ORDER BY sum(cost) DESC) AS place
     FROM patients GROUP BY region ORDER BY place`,
    `SELECT region, count(*) AS n, round(100.0 * count(*) / sum(count(*)) OVER (), 2), rank() OVER (ORDER BY sum(cost) DESC) AS place
     FROM patients GROUP BY region ${people} ORDER BY place`,
  ],
  [
    'months with the month before, a running total and a moving mean',
    `WITH m AS (SELECT date_trunc('month', admitted) AS month, count(*) AS n, avg(score) AS score FROM patients GROUP BY 1)
     SELECT month, n, n - lag(n) OVER (ORDER BY month) AS change, lead(n, 2, 0) OVER (ORDER BY month) AS later, sum(n) OVER (ORDER BY month) AS so_far,
       avg(score) OVER (ORDER BY month ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving FROM m`,
    `WITH m AS (SELECT date_trunc('month', admitted) AS month, count(*) AS n, avg(score) AS score FROM patients GROUP BY 1 ${people})
     SELECT month, n, n - lag(n) OVER (ORDER BY month), lead(n, 2, 0) OVER (ORDER BY month), sum(n) OVER (ORDER BY month),
       avg(score) OVER (ORDER BY month ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM m ORDER BY 1`,
  ],
  [
    'the two largest ages of each region, by QUALIFY',
    `SELECT region, smoker, count(*) AS n FROM patients GROUP BY ALL QUALIFY row_number() OVER (PARTITION BY region ORDER BY n DESC, smoker) <= 2`,
    `SELECT region, smoker, count(*) AS n FROM patients GROUP BY 1, 2 ${people}
     QUALIFY row_number() OVER (PARTITION BY region ORDER BY n DESC, smoker) <= 2 ORDER BY ALL`,
  ],
  [
    'every ranking, with ties',
    `WITH r AS (SELECT region, count(*) AS n FROM patients GROUP BY 1)
     SELECT region, dense_rank() OVER w AS a, percent_rank() OVER w AS b, cume_dist() OVER w AS c, row_number() OVER w AS d, ntile(4) OVER w AS e,
       first_value(region) OVER w AS f, nth_value(region, 2) OVER w AS g, count(*) OVER w AS h FROM r WINDOW w AS (ORDER BY n DESC)`,
    `WITH r AS (SELECT region, count(*) AS n FROM patients GROUP BY 1 ${people})
     SELECT region, dense_rank() OVER w, percent_rank() OVER w, cume_dist() OVER w, row_number() OVER v, ntile(4) OVER v,
       first_value(region) OVER v, nth_value(region, 2) OVER v, count(*) OVER w FROM r WINDOW w AS (ORDER BY n DESC), v AS (ORDER BY n DESC, region) ORDER BY 1`,
  ],
  [
    'frames of rows, ranges and groups',
    `WITH a AS (SELECT age, count(*) AS n, avg(score) AS score FROM patients GROUP BY 1)
     SELECT age, sum(n) OVER (ORDER BY age RANGE BETWEEN 5 PRECEDING AND 5 FOLLOWING) AS a, max(n) OVER (ORDER BY n GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS b,
       min(score) OVER (ORDER BY score RANGE BETWEEN 2.5 PRECEDING AND CURRENT ROW) AS c, count(*) OVER (ORDER BY age ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS d,
       sum(score) OVER (ORDER BY n) AS e, stddev(score) OVER (PARTITION BY n) AS f, last_value(age) OVER () AS g FROM a ORDER BY age DESC LIMIT 30`,
    `WITH a AS (SELECT age, count(*) AS n, avg(score) AS score FROM patients GROUP BY 1 ${people})
     SELECT age, sum(n) OVER (ORDER BY age RANGE BETWEEN 5 PRECEDING AND 5 FOLLOWING), max(n) OVER (ORDER BY n GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW),
       min(score) OVER (ORDER BY score RANGE BETWEEN 2.5 PRECEDING AND CURRENT ROW), count(*) OVER (ORDER BY age ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW),
       sum(score) OVER (ORDER BY n), stddev(score) OVER (PARTITION BY n), max(age) OVER () FROM a ORDER BY age DESC LIMIT 30`,
  ],
  [
    'windows above HAVING and under DISTINCT',
    `SELECT DISTINCT ntile(3) OVER (ORDER BY avg(age)) AS third, count(*) OVER () AS regions, count(*) FILTER (WHERE count(*) > 92) OVER () AS large
     FROM patients GROUP BY region HAVING count(*) > 1 ORDER BY third DESC`,
    `SELECT DISTINCT third, regions, large FROM (SELECT ntile(3) OVER (ORDER BY avg(age), region) AS third, count(*) OVER () AS regions,
     count(*) FILTER (WHERE count(*) > 92) OVER () AS large FROM patients GROUP BY region ${people}) ORDER BY third DESC`,
  ],
]
