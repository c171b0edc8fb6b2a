import { beside, type Honest } from './set-operations.ts'

const people = 'HAVING count(DISTINCT person) >= 5'

export const subqueries: readonly Honest[] = [
  [
    'regions above the average age of all',
    'SELECT region, avg(age) AS age FROM patients GROUP BY region HAVING avg(age) > (SELECT avg(age) FROM patients)',
    `SELECT region, avg(age) FROM patients GROUP BY region ${people} AND avg(age) > (SELECT avg(age) FROM patients) ORDER BY 1`,
  ],
  [
    'people above the average age, which a filter by literals allows',
    'SELECT region, count(*) AS n FROM patients WHERE age > (SELECT avg(age) FROM patients) GROUP BY region',
    `SELECT region, count(*) FROM patients WHERE age > (SELECT avg(age) FROM patients) GROUP BY region ${people} ORDER BY 1`,
  ],
  [
    'a share of the total in one query',
    'SELECT region, round(100.0 * count(*) / (SELECT count(*) FROM patients), 2) AS percent FROM patients GROUP BY region ORDER BY (SELECT count(*) FROM pupils), percent DESC, 1',
    `SELECT region, round(100.0 * count(*) / (SELECT count(*) FROM patients), 2) AS p FROM patients GROUP BY region ${beside} ORDER BY p DESC, 1`,
  ],
  [
    'ages within the regions that have many rows',
    `SELECT age // 10 AS decade, count(*) AS n FROM patients
     WHERE region IN (SELECT region FROM patients GROUP BY 1 HAVING count(*) > 91) AND region NOT IN (SELECT name FROM states) GROUP BY age // 10`,
    `SELECT age // 10, count(*) FROM patients
     WHERE region IN (SELECT region FROM patients GROUP BY 1 ${beside} AND count(*) > 91) GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'above and below the average as two groups',
    'SELECT age > (SELECT avg(age) FROM patients) AS above, count(*) AS n FROM patients GROUP BY age > (SELECT avg(age) FROM patients)',
    `SELECT age > (SELECT avg(age) FROM patients), count(*) FROM patients GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'results that another result names, with its greatest',
    `WITH r AS (SELECT region, count(*) AS n FROM patients GROUP BY 1)
     SELECT region, n FROM r WHERE n < (SELECT n FROM r ORDER BY n DESC LIMIT 1) AND region IN (SELECT region FROM r WHERE n > 90)
       AND EXISTS (SELECT code FROM states) AND NOT EXISTS (SELECT region FROM r WHERE n > 1000)`,
    `WITH r AS (SELECT region, count(*) AS n FROM patients GROUP BY 1 ${people})
     SELECT region, n FROM r WHERE n < (SELECT max(n) FROM r) AND n > 90 ORDER BY 1`,
  ],
  [
    'a mean beside a text, from subqueries without rows, which are NULL',
    `SELECT (SELECT avg(age) FROM patients WHERE age > 119) AS a, (SELECT name FROM states WHERE code = 'S3' LIMIT 1) AS b, count(*) AS n FROM patients`,
    `SELECT NULL, 'O''Brien "land"', count(*) FROM patients`,
  ],
]
