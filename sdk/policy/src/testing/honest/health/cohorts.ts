import type { Question } from '../field.ts'

// What several registers answer together: joined on the person, or stacked.

const people = 'count(DISTINCT person) >= 5'
const strict = 'count(DISTINCT person) >= 8'

export const cohorts: readonly Question[] = [
  {
    asks: 'the share of patients with three stays or more',
    sql: `WITH visits AS (SELECT person, count(*) AS n FROM stays GROUP BY person)
      SELECT region, count(*) AS patients, round(100.0 * count(*) FILTER (WHERE n >= 3) / count(*), 1) AS percent
      FROM patients JOIN visits USING (person) GROUP BY region ORDER BY region`,
    byHand: `SELECT region, count(*), round(100.0 * count(*) FILTER (n >= 3) / count(*), 1) FROM patients
      JOIN (SELECT person, count(*) AS n FROM stays GROUP BY 1) USING (person) GROUP BY 1 HAVING ${people} ORDER BY 1`,
  },
  {
    asks: 'how many people have how many stays',
    sql: 'SELECT n, count(*) AS people FROM (SELECT person, count(*) FROM stays GROUP BY person) AS per_person (person, n) GROUP BY n ORDER BY n',
    byHand:
      'SELECT n, count(*) FROM (SELECT count(*) AS n FROM stays GROUP BY person) GROUP BY 1 HAVING count(*) >= 5 ORDER BY 1',
  },
  {
    asks: 'the income of people with diabetes: a diagnosis in one register, an income in another',
    sql: `WITH diabetics AS (SELECT DISTINCT person FROM stays WHERE diagnosis LIKE 'E1%')
      SELECT i.year, count(*) AS people, avg(i.income) AS income, median(i.income) AS median_income
      FROM incomes i JOIN diabetics d ON i.person = d.person GROUP BY i.year ORDER BY 1`,
    byHand: `SELECT year, count(*), avg(income), median(income) FROM incomes WHERE person IN (SELECT person FROM stays WHERE diagnosis LIKE 'E1%')
      GROUP BY 1 HAVING ${strict} ORDER BY 1`,
  },
  {
    asks: 'bands of income of everybody who was in hospital',
    sql: `SELECT CASE WHEN income < 20000 THEN 'below 20' WHEN income < 50000 THEN '20 to 50' ELSE 'above 50' END AS band, count(*) AS n
      FROM (SELECT person, avg(income) AS income FROM incomes GROUP BY person) i WHERE person IN (SELECT person FROM stays) GROUP BY 1 ORDER BY 1`,
    byHand: `SELECT CASE WHEN income < 20000 THEN 'below 20' WHEN income < 50000 THEN '20 to 50' ELSE 'above 50' END, count(*)
      FROM (SELECT person, avg(income) AS income FROM incomes GROUP BY 1) WHERE person IN (SELECT person FROM stays) GROUP BY 1 HAVING ${strict} ORDER BY 1`,
  },
  {
    asks: 'how many people on statins had a heart attack, by sex',
    sql: `SELECT sex, count(*) AS people FROM patients p
      WHERE p.person IN (SELECT person FROM prescriptions WHERE drug LIKE 'C10%')
        AND EXISTS (SELECT 1 FROM stays s WHERE s.person = p.person AND s.diagnosis = 'I21') GROUP BY sex`,
    byHand: `SELECT sex, count(*) FROM patients SEMI JOIN (FROM prescriptions WHERE drug LIKE 'C10%') USING (person)
      SEMI JOIN (FROM stays WHERE diagnosis = 'I21') USING (person) GROUP BY 1 HAVING ${people} ORDER BY 1`,
  },
  {
    asks: 'two regional registers as one',
    sql: `SELECT disease, count(*) AS cases, avg(age) AS mean_age FROM (
        SELECT person, disease, age FROM north_cases
        UNION ALL
        SELECT person, disease, age FROM south_cases
      ) AS all_cases GROUP BY disease ORDER BY cases DESC`,
    byHand: `SELECT disease, sum(n) AS n, sum(a) / sum(n) FROM (
      SELECT disease, count(*) AS n, sum(age) AS a FROM north_cases GROUP BY 1 HAVING ${people} UNION ALL
      SELECT disease, count(*), sum(age) FROM south_cases GROUP BY 1 HAVING ${people}) GROUP BY 1 ORDER BY n DESC`,
  },
  {
    asks: 'the two registers side by side, by quarter',
    sql: `WITH cases AS (SELECT 'north' AS register, quarter(reported) AS q, age FROM north_cases UNION ALL SELECT 'south', quarter(reported), age FROM south_cases)
      SELECT q, register, count(*) AS n, sum(CASE WHEN age < 18 THEN 1 ELSE 0 END) AS children FROM cases GROUP BY q, register ORDER BY q, register`,
    byHand: `SELECT quarter(reported) AS q, 'north' AS r, count(*), count(*) FILTER (age < 18) FROM north_cases GROUP BY 1 HAVING ${people} UNION ALL
      SELECT quarter(reported), 'south', count(*), count(*) FILTER (age < 18) FROM south_cases GROUP BY 1 HAVING ${people} ORDER BY 1, 2`,
  },
  {
    asks: 'what people spend on drugs in a year, by age band and sex',
    sql: `with spent as (select person, sum(price) as total from prescriptions where prescribed between '2021-01-01' and '2021-12-31' group by person)
      select (2021 - born) // 20 * 20 as age, sex, count(*) as n, avg(total) as mean, median(total) as median
      from spent natural_key join patients p on p.person = natural_key.person group by 1, 2 order by 1, 2`,
    byHand: `SELECT (2021 - born) // 20 * 20, sex, count(*), avg(total), median(total) FROM patients
      JOIN (SELECT person, sum(price) AS total FROM prescriptions WHERE year(prescribed) = 2021 GROUP BY 1) USING (person) GROUP BY 1, 2 HAVING ${people} ORDER BY 1, 2`,
  },
  {
    asks: 'cost of smokers against others, by two totals of one register',
    sql: `WITH a AS (SELECT region, avg(cost) AS smokers FROM stays JOIN patients USING (person) WHERE smoker GROUP BY region),
        b AS (SELECT region, avg(cost) AS others FROM stays JOIN patients USING (person) WHERE NOT smoker GROUP BY region)
      SELECT region, round(smokers, 2) AS smokers, round(others, 2) AS others, round(smokers / others, 3) AS ratio FROM a FULL OUTER JOIN b USING (region) ORDER BY ratio DESC, region`,
    byHand: `SELECT region, round(avg(cost) FILTER (smoker), 2), round(avg(cost) FILTER (NOT smoker), 2), round(avg(cost) FILTER (smoker) / avg(cost) FILTER (NOT smoker), 3) AS r
      FROM stays JOIN patients USING (person) GROUP BY 1 HAVING ${people} ORDER BY r DESC, region`,
  },
  {
    asks: 'employment in the year of a stay: a unit and a further key',
    sql: `SELECT s.diagnosis, i.employed, count(DISTINCT s.person) AS people FROM stays s JOIN incomes i ON s.person = i.person
      WHERE i.year = 2022 AND s.admitted >= '2022-01-01' GROUP BY s.diagnosis, i.employed ORDER BY ALL`,
    byHand: `SELECT diagnosis, employed, count(DISTINCT person) FROM stays JOIN incomes USING (person) WHERE year = 2022 AND year(admitted) = 2022
      GROUP BY 1, 2 HAVING ${strict} ORDER BY ALL`,
  },
  {
    asks: 'how many patients were ever in hospital, by region, people without a stay among them',
    sql: `SELECT p.region, count(*) AS patients, count(s.n) AS treated, sum(coalesce(s.n, 0)) / count(*) AS stays_each
      FROM patients p LEFT JOIN (SELECT person, count(*) AS n FROM stays GROUP BY person) AS s ON s.person = p.person GROUP BY p.region ORDER BY p.region`,
    byHand: `SELECT region, count(DISTINCT p.person) AS n, count(DISTINCT s.person), count(s.person) / n FROM patients p LEFT JOIN stays s USING (person)
      GROUP BY 1 HAVING ${people} ORDER BY 1`,
  },
]
