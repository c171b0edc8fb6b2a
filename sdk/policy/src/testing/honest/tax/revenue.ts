import type { Question } from '../field.ts'

const payers = 'count(DISTINCT taxpayer) >= 7'
const band =
  "CASE WHEN income < 10000 THEN '0-10k' WHEN income < 30000 THEN '10-30k' WHEN income < 60000 THEN '30-60k' ELSE '60k+' END"

export const revenue: readonly Question[] = [
  {
    asks: 'tax by band of income and region',
    sql: `SELECT m.region, ${band} AS band, count(*) AS returns, sum(r.tax) AS tax, sum(r.tax) / sum(r.income) AS effective_rate
      FROM returns r JOIN municipalities m ON r.municipality = m.municipality WHERE r.year = 2022 GROUP BY m.region, band ORDER BY m.region, band`,
    byHand: `SELECT region, ${band} AS band, count(*), sum(tax), sum(tax)::DOUBLE / sum(income)::DOUBLE FROM returns JOIN municipalities USING (municipality)
      WHERE year = 2022 GROUP BY 1, 2 HAVING ${payers} ORDER BY 1, 2`,
  },
  {
    asks: 'who pays how much of the tax: shares of bands, cumulated',
    sql: `with bands as (select ${band} as band, count(*) as payers, sum(tax) as tax from returns where year = $year group by 1)
      select band, round(100.0 * payers / sum(payers) over (), 2) as percent_of_payers, round(100.0 * tax / sum(tax) over (), 2) as percent_of_tax,
        round(100.0 * sum(tax) over (order by band rows unbounded preceding) / sum(tax) over (), 2) as cumulated from bands order by band`,
    parameters: [{ name: 'year', type: 'BIGINT', domain: { values: [2020, 2021, 2022] } }],
    values: { year: 2021 },
    byHand: `WITH b AS (SELECT ${band} AS band, count(*) AS n, sum(tax)::DOUBLE AS t FROM returns WHERE year = 2021 GROUP BY 1 HAVING ${payers})
      SELECT band, round(100.0 * n / sum(n) OVER (), 2), round(100.0 * t / sum(t) OVER (), 2), round(100.0 * sum(t) OVER (ORDER BY band) / sum(t) OVER (), 2) FROM b ORDER BY 1`,
  },
  {
    asks: 'a Gini coefficient from released bands',
    sql: `WITH bands AS (
        SELECT floor(income / 5000) AS band, count(*) AS n, avg(income) AS mean FROM (SELECT income FROM returns WHERE year = 2022) AS r GROUP BY 1
      ), lorenz AS (
        SELECT band, n, n * mean AS income, sum(n) OVER (ORDER BY band) AS cumulated_n, sum(n * mean) OVER (ORDER BY band) AS cumulated_income FROM bands
      ), total AS (SELECT sum(n) AS n, sum(n * mean) AS income FROM bands)
      SELECT round(1 - sum(lorenz.n * (2 * cumulated_income - lorenz.income)) / max(total.n * total.income), 4) AS gini FROM lorenz CROSS JOIN total`,
    byHand: `WITH b AS (SELECT floor(income / 5000) AS band, count(*) AS n, sum(income)::DOUBLE AS s FROM returns WHERE year = 2022 GROUP BY 1 HAVING ${payers}),
        l AS (SELECT *, sum(s) OVER (ORDER BY band) AS cs FROM b)
      SELECT round(1 - sum(n * (2 * cs - s)) / ((SELECT sum(n) FROM b) * (SELECT sum(s) FROM b)), 4) FROM l`,
  },
  {
    asks: 'deciles of released bands',
    sql: `SELECT tenth, min(band) AS from_band, max(band) AS to_band, sum(n) AS payers FROM (
        SELECT band, n, ceil(10.0 * sum(n) OVER (ORDER BY band) / sum(n) OVER ()) AS tenth
        FROM (SELECT floor(income / 2500) AS band, count(*) AS n FROM returns WHERE year = 2020 GROUP BY 1) b) AS d GROUP BY tenth ORDER BY tenth`,
    byHand: `WITH b AS (SELECT floor(income / 2500) AS band, count(*) AS n FROM returns WHERE year = 2020 GROUP BY 1 HAVING ${payers}),
        d AS (SELECT band, n, ceil(10.0 * sum(n) OVER (ORDER BY band) / sum(n) OVER ()) AS tenth FROM b)
      SELECT tenth, min(band), max(band), sum(n) FROM d GROUP BY 1 ORDER BY 1`,
  },
  {
    asks: 'the change of revenue on the year before, by a join of two results',
    sql: `WITH per_year AS (SELECT kind, year, SUM(tax) AS tax FROM returns GROUP BY kind, year)
      SELECT now.kind, now.year, now.tax, ROUND(100 * (now.tax / NULLIF(before.tax, 0) - 1), 2) AS change_percent
      FROM per_year now LEFT JOIN per_year before ON now.kind = before.kind AND now.year = before.year + 1 ORDER BY now.kind, now.year`,
    byHand: `SELECT kind, year, tax, round(100 * (tax::DOUBLE / lag(tax) OVER (PARTITION BY kind ORDER BY year)::DOUBLE - 1), 2)
      FROM (SELECT kind, year, sum(tax) AS tax FROM returns GROUP BY 1, 2 HAVING ${payers}) ORDER BY 1, 2`,
  },
  {
    asks: 'taxable income, net of what is deducted, where something is',
    sql: `SELECT kind, sum(income - deductions) AS taxable, avg(income - deductions) AS mean, count(deductions) AS n FROM returns WHERE deductions IS NOT NULL GROUP BY kind ORDER BY kind`,
    byHand: `SELECT kind, sum(income - deductions), avg(income - deductions), count(*) FROM returns WHERE deductions IS NOT NULL GROUP BY 1 HAVING ${payers} ORDER BY 1`,
  },
  {
    asks: 'what a flat rate would have brought in, with the public rate of each year',
    sql: `select r.year, sum(r.tax) as actual, round(sum(r.income) * t.rate, 0) as flat from returns r join tax_rates t on r.year = t.year group by r.year, t.rate order by r.year`,
    byHand: `SELECT year, sum(tax), round(sum(income)::DOUBLE * rate, 0) FROM returns JOIN tax_rates USING (year) GROUP BY year, rate HAVING ${payers} ORDER BY 1`,
  },
  {
    asks: 'returns below the public threshold of their year',
    sql: `SELECT r.year, count(*) AS n, count(*) FILTER (WHERE r.income < t.threshold) AS below FROM returns r JOIN tax_rates t USING (year) GROUP BY r.year`,
    byHand: `SELECT year, count(*), count(*) FILTER (income < threshold) FROM returns JOIN tax_rates USING (year) GROUP BY 1 HAVING ${payers} ORDER BY 1`,
  },
  {
    asks: 'tax per inhabitant of each municipality, above the mean only',
    sql: `WITH per_place AS (
        SELECT m.name, m.inhabitants, sum(r.tax) AS tax FROM returns AS r, municipalities AS m
        WHERE r.municipality = m.municipality AND r.year = 2022 GROUP BY m.name, m.inhabitants
      )
      SELECT name, round(tax / inhabitants, 2) AS per_head FROM per_place
      WHERE tax / inhabitants > (SELECT avg(tax / inhabitants) FROM per_place) ORDER BY per_head DESC, name LIMIT $top`,
    parameters: [{ name: 'top', type: 'BIGINT', domain: { minimum: 1, maximum: 100 } }],
    values: { top: 5 },
    byHand: `WITH p AS (SELECT municipalities.name, sum(tax)::DOUBLE / inhabitants AS t FROM returns JOIN municipalities USING (municipality) WHERE year = 2022 GROUP BY municipalities.name, inhabitants HAVING ${payers})
      SELECT name, round(t, 2) AS t FROM p WHERE p.t > (SELECT avg(t) FROM p) ORDER BY t DESC, name LIMIT 5`,
  },
  {
    asks: 'when returns come in: by month and by hour, in one list',
    sql: `SELECT 'month' AS unit, month(filed) AS part, count(*) AS n FROM returns GROUP BY ALL
      UNION ALL SELECT 'hour', hour(filed), count(*) FROM returns GROUP BY ALL ORDER BY unit, part`,
    byHand: `SELECT 'month' AS unit, month(filed) AS part, count(*) FROM returns GROUP BY 2 HAVING ${payers}
      UNION ALL SELECT 'hour', hour(filed), count(*) FROM returns GROUP BY 2 HAVING ${payers} ORDER BY 1, 2`,
  },
  {
    asks: 'late returns as a share, by kind and year, every combination',
    sql: `SELECT kind, year, count(*) AS n, round(avg(CASE WHEN late THEN 100.0 ELSE 0.0 END), 2) AS late_percent FROM returns
      GROUP BY CUBE (kind, year) ORDER BY grouping(kind), kind, grouping(year), year`,
    byHand: `SELECT kind, year, count(*), round(100.0 * count(*) FILTER (late) / count(*), 2) FROM returns
      GROUP BY CUBE (kind, year) HAVING ${payers} ORDER BY grouping(kind), kind, grouping(year), year`,
  },
  {
    asks: 'how incomes of the same people moved between bands from year to year',
    sql: `SELECT CASE WHEN b.income > a.income THEN 'up' WHEN b.income < a.income THEN 'down' ELSE 'same' END AS moved, count(*) AS n
      FROM returns a JOIN returns b ON a.taxpayer = b.taxpayer AND b.year = a.year + 1 GROUP BY 1 ORDER BY 1`,
    byHand: `SELECT CASE WHEN b.income > a.income THEN 'up' WHEN b.income < a.income THEN 'down' ELSE 'same' END, count(*)
      FROM returns a JOIN returns b ON a.taxpayer = b.taxpayer AND b.year = a.year + 1 GROUP BY 1 HAVING count(DISTINCT a.taxpayer) >= 7 ORDER BY 1`,
  },
  {
    asks: 'property of people who pay tax in a band: land registry and tax office',
    sql: `WITH wealth AS (SELECT owner_id, sum(value) AS value, count(*) AS n FROM properties GROUP BY owner_id)
      SELECT ${band} AS band, count(*) AS owners, avg(w.value) AS value, sum(w.n) AS properties
      FROM returns r JOIN wealth w ON w.owner_id = r.taxpayer WHERE r.year = 2022 GROUP BY band ORDER BY band`,
    byHand: `SELECT ${band} AS band, count(*), avg(v), sum(n) FROM returns JOIN (SELECT owner_id, sum(value) AS v, count(*) AS n FROM properties GROUP BY 1) ON owner_id = taxpayer
      WHERE year = 2022 GROUP BY 1 HAVING ${payers} ORDER BY 1`,
  },
  {
    asks: 'property in municipalities by use, those with many only',
    sql: `SELECT name, use, n, value FROM (
        SELECT municipality, use, count(*) AS n, sum(value) AS value FROM properties WHERE use IN ('home', 'farm') GROUP BY municipality, use HAVING count(*) >= 12
      ) AS p JOIN municipalities AS m ON m.municipality = p.municipality ORDER BY name, use`,
    byHand: `SELECT name, use, count(*), sum(value) FROM properties JOIN municipalities USING (municipality) WHERE use <> 'office'
      GROUP BY 1, 2 HAVING count(DISTINCT owner_id) >= 7 AND count(*) >= 12 ORDER BY 1, 2`,
  },
  {
    asks: 'which kinds of taxpayers and years there are',
    sql: 'SELECT DISTINCT kind, year FROM returns WHERE tax > 0 ORDER BY year DESC, kind',
    byHand: `SELECT kind, year FROM returns WHERE tax > 0 GROUP BY 1, 2 HAVING ${payers} ORDER BY year DESC, kind`,
  },
  {
    asks: 'what two pension funds took in, as if they were one',
    sql: `SELECT year, count(*) AS payments, sum(paid_in) AS total, avg(paid_in) AS mean, stddev_pop(paid_in) AS spread FROM (
        SELECT year, paid_in FROM first_fund UNION ALL SELECT year, paid_in FROM second_fund) AS both_funds GROUP BY year ORDER BY year`,
    byHand: `SELECT year, count(*), sum(paid_in), avg(paid_in), stddev_pop(paid_in) FROM (FROM first_fund UNION ALL FROM second_fund) GROUP BY 1 ORDER BY 1`,
  },
  {
    asks: 'property in bands of its value, written as texts',
    sql: `SELECT (value + 50000) // 100000 || '00 thousand' AS about, use, count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS middle
      FROM properties GROUP BY about, use ORDER BY about, use`,
    byHand: `SELECT ((value + 50000) // 100000)::VARCHAR || '00 thousand' AS about, use, count(*), median(value) FROM properties GROUP BY 1, 2 HAVING count(DISTINCT owner_id) >= 7 ORDER BY 1, 2`,
  },
  {
    asks: 'members of either fund who file as business, each fund by itself',
    sql: `SELECT 'first' AS fund, count(*) AS n FROM returns WHERE year = 2022 AND kind = 'business' AND taxpayer IN (SELECT member_id FROM first_fund)
      UNION ALL SELECT 'second', count(*) FROM returns WHERE year = 2022 AND kind = 'business' AND taxpayer IN (SELECT member_id FROM second_fund) ORDER BY fund`,
    byHand: `SELECT 'first', count(*) FROM returns WHERE year = 2022 AND kind = 'business' AND taxpayer < 500
      UNION ALL SELECT 'second', count(*) FROM returns WHERE year = 2022 AND kind = 'business' AND taxpayer BETWEEN 500 AND 999 ORDER BY 1`,
  },
]
