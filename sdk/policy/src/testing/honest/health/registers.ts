import type { Question } from '../field.ts'

// What one register answers, with public population and hospitals beside it.

const people = 'count(DISTINCT person) >= 5'

export const registers: readonly Question[] = [
  {
    asks: 'stays by chapter of diagnosis',
    sql: `SELECT left(diagnosis, 1) AS chapter, count(*) AS stays, count(DISTINCT person) AS people FROM stays GROUP BY 1 ORDER BY stays DESC`,
    byHand: `SELECT diagnosis[1], count(*) AS n, count(DISTINCT person) FROM stays GROUP BY 1 HAVING ${people} ORDER BY n DESC`,
  },
  {
    asks: 'incidence of diabetes per 100,000 by region, with public population',
    sql: `WITH cases AS (
        SELECT p.region, count(DISTINCT s.person) AS n
        FROM stays s JOIN patients p USING (person)
        WHERE s.diagnosis IN ('E10', 'E11')
        GROUP BY p.region
      ), pop AS (SELECT region, sum(people) AS people FROM population GROUP BY region)
      SELECT region, n, people, round(100000.0 * n / people, 1) AS per_100000
      FROM cases JOIN pop USING (region)
      ORDER BY per_100000 DESC, region`,
    byHand: `WITH pop AS (SELECT region, sum(people) AS people FROM population GROUP BY region)
      SELECT region, count(DISTINCT person) AS n, people, round(100000.0 * n / people, 1) AS r
      FROM stays JOIN patients USING (person) JOIN pop USING (region) WHERE diagnosis LIKE 'E1%' GROUP BY region, people HAVING ${people} ORDER BY r DESC, region`,
  },
  {
    asks: 'age-standardised rates by region',
    sql: `-- direct standardisation: rates of the age groups, weighted with a standard population
      with cases as (
        select region, case when 2021 - born < 40 then '0-39' when 2021 - born < 65 then '40-64' else '65+' end as age_group, count(distinct p.person) as n
        from patients p, stays s where s.person = p.person group by all
      ), pop as (select region, age_group, sum(people) as people from population group by 1, 2)
      select cases.region, round(sum(weight * n / people) * 100000, 2) as rate
      from cases join pop on cases.region = pop.region and cases.age_group = pop.age_group
        join standard_population s on s.age_group = cases.age_group
      group by cases.region order by 1`,
    byHand: `WITH cases AS (SELECT region, CASE WHEN born > 1981 THEN '0-39' WHEN born > 1956 THEN '40-64' ELSE '65+' END AS age_group, count(DISTINCT person) AS n
        FROM patients JOIN stays USING (person) GROUP BY 1, 2 HAVING ${people})
      SELECT region, round(sum(weight * n / (SELECT sum(people) FROM population p WHERE p.region = c.region AND p.age_group = c.age_group)) * 100000, 2)
      FROM cases c JOIN standard_population USING (age_group) GROUP BY 1 ORDER BY 1`,
  },
  {
    asks: 'person-years and stays per hundred of them',
    sql: `WITH years AS (SELECT region, SUM(followed_days) / 365.25 AS person_years FROM patients GROUP BY region),
        events AS (SELECT region, COUNT(*) AS events FROM stays JOIN patients USING (person) GROUP BY region)
      SELECT region, round(person_years, 2) AS person_years, events, round(100 * events / person_years, 3) AS per_100 FROM years JOIN events USING (region)`,
    byHand: `WITH y AS (SELECT region, sum(followed_days) / 365.25 AS y FROM patients GROUP BY 1), e AS (SELECT region, count(*) AS e FROM stays JOIN patients USING (person) GROUP BY 1)
      SELECT region, round(y, 2), e, round(100 * e / y, 3) FROM y JOIN e USING (region) ORDER BY 1`,
  },
  {
    asks: 'readmissions within thirty days, by a join of the register with itself',
    sql: `SELECT a.diagnosis, count(*) AS readmissions
      FROM stays a JOIN stays b ON a.person = b.person
      WHERE b.admitted > a.discharged AND b.admitted <= a.discharged + INTERVAL 30 DAYS
      GROUP BY a.diagnosis ORDER BY 2 DESC, 1`,
    byHand: `SELECT a.diagnosis, count(*) AS n FROM stays a JOIN stays b USING (person)
      WHERE b.admitted - a.discharged BETWEEN 1 AND 30 GROUP BY 1 HAVING count(DISTINCT a.person) >= 5 ORDER BY n DESC, 1`,
  },
  {
    asks: 'the length of a stay by hospital, median and ninth decile',
    sql: `select h.name, count(*) as n, median(s.days) as median_days, quantile_cont(s.days, 0.9) as p90
      from stays as s inner join hospitals as h on h.hospital = s.hospital group by h.name order by h.name`,
    byHand: `SELECT name, count(*), median(days), quantile_cont(days, 0.9) FROM stays JOIN hospitals USING (hospital) GROUP BY 1 HAVING ${people} ORDER BY 1`,
  },
  {
    asks: 'months with a moving mean of three, and the change on the year before',
    sql: `WITH monthly AS (
        SELECT date_trunc('month', admitted)::DATE AS month, count(*) AS stays FROM stays GROUP BY 1
      )
      SELECT month, stays, avg(stays) OVER w AS smoothed, stays - lag(stays, 12) OVER (ORDER BY month) AS change
      FROM monthly WINDOW w AS (ORDER BY month ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) ORDER BY month`,
    byHand: `WITH m AS (SELECT date_trunc('month', admitted) AS month, count(*) AS n FROM stays GROUP BY 1 HAVING ${people})
      SELECT month::DATE, n, avg(n) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), n - lag(n, 12) OVER (ORDER BY month) FROM m ORDER BY 1`,
  },
  {
    asks: 'stays by region and sex, with totals that say what they are',
    sql: `SELECT CASE WHEN grouping(region) = 1 THEN 'all regions' ELSE region END AS region, coalesce(sex, 'both') AS sex, count(*) AS n, avg(days) AS days
      FROM stays JOIN patients USING (person) GROUP BY ROLLUP (region, sex) ORDER BY grouping(region), region, grouping(sex), sex`,
    byHand: `SELECT coalesce(region, 'all regions') AS r, coalesce(sex, 'both') AS s, count(*), avg(days) FROM stays JOIN patients USING (person)
      GROUP BY ROLLUP (region, sex) HAVING ${people} ORDER BY grouping(region), r, grouping(sex), s`,
  },
  {
    asks: 'the three most frequent diagnoses of each region',
    sql: `select region, diagnosis, count(*) as n from stays inner join patients using (person)
      group by region, diagnosis qualify row_number() over (partition by region order by count(*) desc, diagnosis) <= 3 order by region, n desc, diagnosis`,
    byHand: `SELECT region, diagnosis, n FROM (SELECT region, diagnosis, count(*) AS n, row_number() OVER (PARTITION BY region ORDER BY count(*) DESC, diagnosis) AS place
        FROM stays JOIN patients USING (person) GROUP BY 1, 2 HAVING ${people}) WHERE place <= 3 ORDER BY 1, n DESC, 2`,
  },
  {
    asks: 'deaths in hospital, as a percentage of stays',
    sql: `SELECT hospital, count(*) AS stays, round(100.0 * count(*) FILTER (WHERE died) / count(*), 1) AS mortality,
        round(100 * avg(CASE WHEN died THEN 1 ELSE 0 END), 1) AS again FROM stays GROUP BY hospital HAVING count(*) > 20`,
    byHand: `SELECT hospital, count(*), CASE WHEN d >= 5 THEN round(100.0 * count(*) FILTER (died) / count(*), 1) END,
        CASE WHEN d >= 5 THEN round(100.0 * count(*) FILTER (died) / count(*), 1) END
      FROM stays JOIN (SELECT hospital, count(DISTINCT person) FILTER (died) AS d FROM stays GROUP BY 1) USING (hospital)
      GROUP BY hospital, d HAVING ${people} AND count(*) > 20 ORDER BY 1`,
  },
  {
    asks: 'stays per bed, which is public',
    sql: `SELECT h.region, sum(n) AS stays, sum(h.beds) AS beds, sum(n) / sum(h.beds) AS per_bed
      FROM (SELECT hospital, count(*) AS n FROM stays WHERE year(admitted) = $year GROUP BY hospital) s JOIN hospitals h USING (hospital)
      GROUP BY h.region ORDER BY per_bed DESC`,
    parameters: [{ name: 'year', type: 'BIGINT', domain: { minimum: 2000, maximum: 2030 } }],
    values: { year: 2022 },
    byHand: `SELECT region, sum(n), sum(beds), sum(n) / sum(beds) AS p FROM (SELECT hospital, count(*) AS n FROM stays WHERE year(admitted) = 2022 GROUP BY 1 HAVING ${people})
      JOIN hospitals USING (hospital) GROUP BY 1 ORDER BY p DESC`,
  },
  {
    asks: 'admissions by day of the week, as an index of the mean day',
    sql: `SELECT isodow(admitted) AS d, dayname(admitted) AS day, count(*) AS n, round(count(*) / avg(count(*)) OVER (), 3) AS index FROM stays GROUP BY d, day ORDER BY d`,
    byHand: `WITH d AS (SELECT isodow(admitted) AS d, dayname(admitted) AS day, count(*) AS n FROM stays GROUP BY 1, 2 HAVING ${people})
      SELECT d, day, n, round(n / avg(n) OVER (), 3) FROM d ORDER BY d`,
  },
  {
    asks: 'the price of a dose, and its spread',
    sql: `select substr(drug, 1, 3) as class, sum(price) / sum(doses) as per_dose, round(stddev(price) / avg(price), 6) as variation from prescriptions group by class order by 1`,
    byHand: `SELECT drug[1:3], sum(price) / sum(doses), round(stddev(price) / avg(price), 6) FROM prescriptions GROUP BY 1 HAVING ${people} ORDER BY 1`,
  },
]
