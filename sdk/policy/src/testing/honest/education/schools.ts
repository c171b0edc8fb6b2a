import type { Question } from '../field.ts'

const pupils = 'count(DISTINCT pupil) >= 6'
const homes = 'count(DISTINCT pupil) >= 10'

export const schools: readonly Question[] = [
  {
    asks: 'pupils by type of school and year',
    sql: `SELECT s.type, p.school_year, COUNT(*) AS pupils FROM pupils p, schools s WHERE p.school = s.school GROUP BY s.type, p.school_year ORDER BY 1, 2`,
    byHand: `SELECT type, school_year, count(*) FROM pupils JOIN schools USING (school) GROUP BY 1, 2 HAVING ${pupils} ORDER BY 1, 2`,
  },
  {
    asks: 'shares of types of school within each district, with totals',
    sql: `with counts as (
        select district, type, grouping(district, type) as level, count(*) as n
        from pupils join schools using (school) where school_year = 2022 group by rollup (district, type))
      select district, type, n, round(100.0 * n / sum(n) filter (where level = 0) over (partition by district), 1) as percent
      from counts where level = 0 order by district, type`,
    byHand: `SELECT district, type, n, round(100.0 * n / sum(n) OVER (PARTITION BY district), 1) FROM (SELECT district, type, count(*) AS n
        FROM pupils JOIN schools USING (school) WHERE school_year = 2022 GROUP BY 1, 2 HAVING ${pupils}) ORDER BY 1, 2`,
  },
  {
    asks: 'percentages of the whole by ROLLUP',
    sql: `SELECT language, repeats, count(*) AS n, 100.0 * count(*) / (SELECT count(*) FROM pupils) AS percent FROM pupils GROUP BY ROLLUP (language, repeats)
      HAVING count(*) >= 30 ORDER BY grouping(language, repeats) DESC, language NULLS FIRST, repeats`,
    byHand: `SELECT language, repeats, count(*) AS n, 100.0 * count(*) / 2100 FROM pupils GROUP BY ROLLUP (language, repeats)
      HAVING ${pupils} AND count(*) >= 30 ORDER BY grouping(language, repeats) DESC, language NULLS FIRST, repeats`,
  },
  {
    asks: 'where pupils go on: transitions between types of school from one year to the next',
    sql: `SELECT a.type AS was, b.type AS became, count(*) AS pupils
      FROM pupils AS old JOIN pupils AS new ON old.pupil = new.pupil JOIN schools a ON old.school = a.school JOIN schools b ON new.school = b.school
      WHERE old.school_year = 2020 AND new.school_year = 2021 GROUP BY a.type, b.type ORDER BY was, pupils DESC, became`,
    byHand: `SELECT a.type, b.type, count(*) AS n FROM pupils o JOIN pupils n USING (pupil) JOIN schools a ON o.school = a.school JOIN schools b ON n.school = b.school
      WHERE o.school_year = 2020 AND n.school_year = 2021 GROUP BY 1, 2 HAVING count(DISTINCT pupil) >= 6 ORDER BY 1, n DESC, 2`,
  },
  {
    asks: 'distribution of marks by subject, one column a mark',
    sql: `SELECT subject, count(*) FILTER (mark = 1) AS ones, count_if(mark = 2) AS twos, sum(CASE mark WHEN 3 THEN 1 ELSE 0 END) AS threes,
        count(CASE WHEN mark > 3 THEN 1 END) AS others FROM marks GROUP BY subject ORDER BY subject`,
    byHand: `SELECT subject, count(*) FILTER (mark = 1), count(*) FILTER (mark = 2), count(*) FILTER (mark = 3), count(*) FILTER (mark > 3) FROM marks GROUP BY 1 HAVING ${pupils} ORDER BY 1`,
  },
  {
    asks: 'distribution of marks, cumulated',
    sql: `SELECT subject, mark, n, sum(n) OVER (PARTITION BY subject ORDER BY mark) AS up_to, round(n / sum(n) OVER (PARTITION BY subject), 4) AS share
      FROM (SELECT subject, mark, count(*) AS n FROM marks WHERE school_year BETWEEN $from AND $to GROUP BY ALL) AS d ORDER BY subject, mark`,
    parameters: [
      { name: 'from', type: 'BIGINT', domain: { minimum: 2000, maximum: 2030 } },
      { name: 'to', type: 'BIGINT', domain: { minimum: 2000, maximum: 2030 } },
    ],
    values: { from: 2021, to: 2021 },
    byHand: `SELECT subject, mark, n, sum(n) OVER (PARTITION BY subject ORDER BY mark), round(n / sum(n) OVER (PARTITION BY subject), 4)
      FROM (SELECT subject, mark, count(*) AS n FROM marks WHERE school_year = 2021 GROUP BY ALL HAVING ${pupils}) ORDER BY 1, 2`,
  },
  {
    asks: 'points by district with the rank among all districts',
    sql: `WITH results AS (SELECT s.district, avg(m.points) AS points, stddev_samp(m.points) AS spread
        FROM marks m JOIN pupils p ON m.pupil = p.pupil AND m.school_year = p.school_year JOIN schools s ON p.school = s.school
        WHERE m.subject = 'Mathematics' GROUP BY s.district)
      SELECT rank() OVER (ORDER BY points DESC) AS place, district, round(points, 3) AS points, round(spread, 3) AS spread FROM results ORDER BY place`,
    byHand: `SELECT rank() OVER (ORDER BY p DESC) AS place, district, round(p, 3), round(s, 3) FROM (SELECT district, avg(points) AS p, stddev(points) AS s
      FROM marks JOIN pupils USING (pupil, school_year) JOIN schools USING (school) WHERE subject = 'Mathematics' GROUP BY 1 HAVING ${pupils}) ORDER BY 1`,
  },
  {
    asks: 'schools that are fuller than they were built for',
    sql: `SELECT school, type, n, places, n > places AS too_full FROM (SELECT school, count(*) AS n FROM pupils WHERE school_year = 2022 GROUP BY school) AS c
      INNER JOIN schools USING (school) WHERE n * 10 > places * 3 ORDER BY n::DOUBLE / places DESC, school`,
    byHand: `SELECT school, type, n, places, n > places FROM (SELECT school, count(*) AS n FROM pupils WHERE school_year = 2022 GROUP BY 1 HAVING ${pupils})
      JOIN schools USING (school) WHERE n * 10 > places * 3 ORDER BY n / places DESC, school`,
  },
  {
    asks: 'pupils by type of school and income of their parents',
    sql: `SELECT type, CASE WHEN income < 30000 THEN '1: low' WHEN income >= 30000 AND income < 60000 THEN '2: middle' ELSE '3: high' END AS parents, count(*) AS n
      FROM pupils p JOIN households h ON h.pupil = p.pupil JOIN schools USING (school) WHERE school_year = 2022 GROUP BY type, parents ORDER BY type, parents`,
    byHand: `SELECT type, CASE WHEN income < 30000 THEN '1: low' WHEN income < 60000 THEN '2: middle' ELSE '3: high' END AS b, count(*)
      FROM pupils JOIN households USING (pupil) JOIN schools USING (school) WHERE school_year = 2022 GROUP BY 1, 2 HAVING ${homes} ORDER BY 1, 2`,
  },
  {
    asks: 'the gap in points between children of parents with and without a degree',
    sql: `WITH by_degree AS (
        SELECT m.subject, h.parents_degree = 'university' AS academic, avg(m.points) AS points FROM marks m JOIN households h USING (pupil) GROUP BY 1, 2
      )
      SELECT subject, round(max(points) FILTER (WHERE academic), 4) AS academic, round(max(points) FILTER (WHERE NOT academic), 4) AS others,
        round(max(points) FILTER (WHERE academic) - max(points) FILTER (WHERE NOT academic), 4) AS gap FROM by_degree GROUP BY subject ORDER BY subject`,
    byHand: `SELECT subject, round(avg(points) FILTER (parents_degree = 'university'), 4), round(avg(points) FILTER (parents_degree <> 'university'), 4),
        round(avg(points) FILTER (parents_degree = 'university') - avg(points) FILTER (parents_degree <> 'university'), 4)
      FROM marks JOIN households USING (pupil) GROUP BY 1 HAVING ${homes} ORDER BY 1`,
  },
  {
    asks: 'several views of one table: by language, by type, and of all',
    sql: `SELECT language, type, count(*) AS n, count(DISTINCT pupil) AS pupils FROM pupils JOIN schools USING (school)
      GROUP BY GROUPING SETS ((language), (type), ()) ORDER BY language NULLS LAST, type NULLS LAST`,
    byHand: `SELECT language, type, count(*), count(DISTINCT pupil) FROM pupils JOIN schools USING (school)
      GROUP BY GROUPING SETS ((language), (type), ()) HAVING ${pupils} ORDER BY 1, 2`,
  },
  {
    asks: 'how the mean mark of a pupil is distributed',
    sql: `SELECT round(mean_mark) AS mark, count(*) AS pupils FROM (SELECT pupil, avg(mark) AS mean_mark FROM marks GROUP BY pupil) AS m GROUP BY round(mean_mark) ORDER BY 1`,
    byHand:
      'SELECT round(m) AS mark, count(*) FROM (SELECT avg(mark) AS m FROM marks GROUP BY pupil) GROUP BY 1 HAVING count(*) >= 6 ORDER BY 1',
  },
  {
    asks: 'pupils who repeated in one year and what became of their marks in the next',
    sql: `SELECT m.subject, avg(m.mark) AS mark FROM marks m WHERE m.school_year = 2022
        AND m.pupil IN (SELECT p.pupil FROM pupils p WHERE p.repeats AND p.school_year = 2021) GROUP BY m.subject ORDER BY ALL`,
    byHand: `SELECT subject, avg(mark) FROM marks WHERE school_year = 2022 AND pupil IN (SELECT pupil FROM pupils WHERE repeats AND school_year = 2021)
      GROUP BY 1 HAVING ${pupils} ORDER BY 1`,
  },
  {
    asks: 'new students of two universities as one, by subject',
    sql: `SELECT subject, started, sum(n) AS students FROM (
        SELECT subject, started, count(*) AS n FROM city_students GROUP BY 1, 2 UNION ALL SELECT subject, started, count(*) FROM technical_students GROUP BY 1, 2) AS u
      GROUP BY subject, started ORDER BY subject, started`,
    byHand: `SELECT subject, started, sum(n) FROM (SELECT subject, started, count(*) AS n FROM city_students GROUP BY 1, 2 HAVING count(*) >= 6
      UNION ALL SELECT subject, started, count(*) FROM technical_students GROUP BY 1, 2 HAVING count(*) >= 6) GROUP BY 1, 2 ORDER BY 1, 2`,
  },
  {
    asks: 'subjects that both universities teach, and those of one only',
    sql: `(SELECT subject, 'both' AS where_taught FROM city_students GROUP BY subject INTERSECT SELECT subject, 'both' FROM technical_students GROUP BY subject)
      UNION ALL (SELECT subject, 'technical only' FROM technical_students GROUP BY subject EXCEPT SELECT subject, 'technical only' FROM city_students GROUP BY subject) ORDER BY 1`,
    byHand: `SELECT * FROM (VALUES ('History', 'technical only'), ('Law', 'both'), ('Physics', 'both'))`,
  },
  {
    asks: 'credits of students by where they went to school, through two registers',
    sql: `select s.district, avg(c.credits) as credits, quantile_cont(c.credits, 0.75) as upper_quartile
      from city_students c inner join pupils p on p.pupil = c.student inner join schools s on s.school = p.school and p.school_year = 2022
      group by s.district`,
    byHand: `SELECT district, avg(credits), quantile_cont(credits, 0.75) FROM city_students JOIN pupils ON pupil = student JOIN schools USING (school) WHERE school_year = 2022
      GROUP BY 1 HAVING ${pupils} ORDER BY 1`,
  },
]
