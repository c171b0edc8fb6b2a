/** An honest query beside the plain SQL of an analyst with all the data. */
export type Honest = readonly [asks: string, sql: string, byHand: string]

const people = 'HAVING count(DISTINCT person) >= 5'

/** A total beside its visible parts would give a single hidden part away, so one more is hidden. */
export const beside = `${people} AND region <> 'Region 1'`

export const setOperations: readonly Honest[] = [
  [
    'regions and schools in one list, the strictest of two minimum sizes',
    `SELECT region AS place, count(*) AS n FROM patients GROUP BY 1
     UNION ALL SELECT school, count(*) FROM pupils GROUP BY 1 ORDER BY n DESC, place LIMIT 12`,
    `(SELECT region AS place, count(*) AS n FROM patients GROUP BY 1 HAVING count(DISTINCT person) >= 7
      UNION ALL SELECT school, count(*) FROM pupils GROUP BY 1 HAVING count(DISTINCT pupil) >= 7) ORDER BY n DESC, place LIMIT 12`,
  ],
  [
    'a total under its parts',
    `SELECT region, sum(cost) AS cost FROM patients GROUP BY region UNION ALL SELECT 'all', sum(cost) FROM patients ORDER BY 1`,
    `SELECT region, sum(cost) FROM patients GROUP BY region ${beside} UNION ALL SELECT 'all', sum(cost) FROM patients ORDER BY 1`,
  ],
  [
    'numbers of different types',
    `SELECT 'people' AS what, count(*) AS n FROM patients UNION ALL SELECT 'cost', sum(cost) FROM patients
     UNION ALL SELECT 'mean score', avg(score) FROM patients UNION ALL SELECT DISTINCT 'nothing', NULL FROM states`,
    `SELECT * FROM (SELECT 'people', count(*)::DOUBLE FROM patients UNION ALL SELECT 'cost', sum(cost)::DOUBLE FROM patients
     UNION ALL SELECT 'mean score', avg(score) FROM patients UNION ALL SELECT 'nothing', NULL) ORDER BY 1`,
  ],
  [
    'ages that are frequent in two years',
    `SELECT age FROM patients WHERE year(admitted) = 2019 GROUP BY age HAVING count(*) > 7
     INTERSECT SELECT age FROM patients WHERE year(admitted) = 2020 GROUP BY age HAVING count(*) > 5`,
    `SELECT age FROM patients WHERE year(admitted) = 2019 GROUP BY age HAVING count(*) > 7 AND count(DISTINCT person) >= 5
     INTERSECT SELECT age FROM patients WHERE year(admitted) = 2020 GROUP BY age HAVING count(*) > 5 AND count(DISTINCT person) >= 5 ORDER BY 1`,
  ],
  [
    'states without a flight, in a CTE',
    `WITH quiet AS (SELECT name FROM states EXCEPT SELECT s.name FROM flights f
       JOIN airports a ON f.origin = a.iata JOIN states s ON s.code = a.state WHERE f.distance < 2000 GROUP BY 1)
     SELECT upper(name) AS name FROM quiet`,
    `SELECT upper(name) FROM (SELECT name FROM states EXCEPT SELECT s.name FROM flights f
       JOIN airports a ON f.origin = a.iata JOIN states s ON s.code = a.state WHERE f.distance < 2000 GROUP BY 1 HAVING count(DISTINCT origin) >= 2) ORDER BY 1`,
  ],
  [
    'every number as often as it stands in both, from a subquery',
    `SELECT n FROM ((SELECT count(*) AS n FROM patients GROUP BY region) EXCEPT ALL (SELECT count(*) FROM patients WHERE region < 'Region 3' GROUP BY region)) AS q`,
    `SELECT n FROM ((SELECT count(*) AS n FROM patients GROUP BY region ${people}) EXCEPT ALL
       (SELECT count(*) FROM patients WHERE region < 'Region 3' GROUP BY region ${people})) AS q ORDER BY 1`,
  ],
  [
    'each row once, 0 and -0 being one',
    `WITH t AS (SELECT round(-0.4 / count(*), 0) AS x FROM patients) SELECT 'x' || x::VARCHAR AS x FROM (SELECT x FROM t UNION SELECT x FROM t) u`,
    "SELECT 'x0.0'",
  ],
  [
    'a number with many digits after the point beside a large one, for which no DECIMAL has room',
    `SELECT 0.5::DECIMAL(38,37) AS x FROM states UNION SELECT count(*) FROM patients`,
    'SELECT 0.5::DOUBLE UNION ALL SELECT count(*) FROM patients',
  ],
]
