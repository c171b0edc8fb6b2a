import type { Honest } from './set-operations.ts'

const people = 'HAVING count(DISTINCT person) >= 5'

export const functions: readonly Honest[] = [
  [
    'texts by pattern',
    `SELECT region LIKE 'Region 1%' AS a, region NOT ILIKE '%2' AS b, regexp_matches(region, '[0-9]{2}') AS c, region SIMILAR TO 'Region .' AS d, count(*) AS n
     FROM patients WHERE region LIKE 'Region%' AND NOT starts_with(region, 'x') AND region NOT LIKE '%7' GROUP BY ALL`,
    `SELECT region LIKE 'Region 1%' AS a, region NOT ILIKE '%2' AS b, regexp_matches(region, '[0-9]{2}') AS c, region SIMILAR TO 'Region .' AS d, count(*) AS n
     FROM patients WHERE region LIKE 'Region%' AND NOT starts_with(region, 'x') AND region NOT LIKE '%7' GROUP BY ALL ${people} ORDER BY ALL`,
  ],
  [
    'texts in parts and together',
    `SELECT split_part(region, ' ', 2) AS a, lpad(split_part(region, ' ', 2), 3, '0') AS b, replace(region, 'Region', 'R') AS c, concat(region, '/', 'x') AS d,
       concat_ws('-', region, 'y') AS e, region || '!' AS f, position('i' IN region) AS g, regexp_replace(region, '[aeiou]', '_', 'g') AS h, reverse(region) AS i FROM patients GROUP BY region`,
    `SELECT split_part(region, ' ', 2) AS a, lpad(split_part(region, ' ', 2), 3, '0') AS b, replace(region, 'Region', 'R') AS c, concat(region, '/', 'x') AS d,
       concat_ws('-', region, 'y') AS e, region || '!' AS f, position('i' IN region) AS g, regexp_replace(region, '[aeiou]', '_', 'g') AS h, reverse(region) AS i FROM patients GROUP BY region ${people} ORDER BY ALL`,
  ],
  [
    'dates moved and measured',
    `SELECT admitted + INTERVAL 3 MONTH AS a, admitted - INTERVAL '2 days' AS b, admitted + 1 AS c, date_diff('month', DATE '2018-12-15', admitted) AS d,
       admitted - DATE '2019-01-01' AS e, time_bucket(INTERVAL 7 DAY, admitted) AS f, epoch(admitted) AS g, make_date(year(admitted), 1, 1) AS h, yearweek(admitted) AS i
     FROM (SELECT date_trunc('month', admitted)::DATE AS admitted, count(*) AS n FROM patients
       WHERE admitted >= DATE '2020-06-01' - INTERVAL 1 YEAR AND admitted < strptime('2020-09-01', '%Y-%m-%d') GROUP BY 1) q`,
    `SELECT admitted + INTERVAL 3 MONTH AS a, admitted - INTERVAL '2 days' AS b, admitted + 1 AS c, date_diff('month', DATE '2018-12-15', admitted) AS d,
       admitted - DATE '2019-01-01' AS e, time_bucket(INTERVAL 7 DAY, admitted) AS f, epoch(admitted) AS g, make_date(year(admitted), 1, 1) AS h, yearweek(admitted) AS i
     FROM (SELECT date_trunc('month', admitted)::DATE AS admitted, count(*) AS n FROM patients
       WHERE admitted >= DATE '2020-06-01' - INTERVAL 1 YEAR AND admitted < DATE '2020-09-01' GROUP BY 1 ${people}) q ORDER BY ALL`,
  ],
  [
    'weeks of admission',
    `SELECT time_bucket(INTERVAL '1 month', admitted) AS month, count(*) AS n FROM patients GROUP BY 1`,
    `SELECT time_bucket(INTERVAL '1 month', admitted), count(*) FROM patients GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'truth and difference',
    `SELECT smoker IS TRUE AS a, smoker IS NOT TRUE AS b, smoker IS DISTINCT FROM FALSE AS c, count(*) AS n FROM patients
     WHERE (age > 20) IS TRUE AND region IS DISTINCT FROM 'Region 3' AND (smoker IS NOT FALSE) GROUP BY smoker`,
    `SELECT smoker IS TRUE, smoker IS NOT TRUE, smoker IS DISTINCT FROM FALSE, count(*) FROM patients
     WHERE age > 20 AND region IS DISTINCT FROM 'Region 3' AND smoker IS NOT FALSE GROUP BY smoker ${people} ORDER BY 1, 2, 3`,
  ],
  [
    'numbers',
    `SELECT greatest(n, 92) AS a, least(n, m, 45.5) AS b, sign(m - 45) AS c, power(n, 2) AS d, mod(n, 7) AS e, n ^ 0.5 AS f, if(n > 92, 'x', 'y') AS g, ifnull(NULL, n) AS h,
       trunc(m) AS i, log2(n) AS j, exp(1) AS k, TRY_CAST(n AS SMALLINT) AS l FROM (SELECT region, count(*) AS n, avg(age) AS m FROM patients GROUP BY 1) q`,
    `SELECT greatest(n, 92) AS a, least(n, m, 45.5) AS b, sign(m - 45) AS c, power(n, 2) AS d, mod(n, 7) AS e, n ^ 0.5 AS f, if(n > 92, 'x', 'y') AS g, ifnull(NULL, n) AS h,
       trunc(m) AS i, log2(n) AS j, exp(1) AS k, TRY_CAST(n AS SMALLINT) AS l FROM (SELECT region, count(*) AS n, avg(age) AS m FROM patients GROUP BY 1 ${people}) q ORDER BY ALL`,
  ],
]
