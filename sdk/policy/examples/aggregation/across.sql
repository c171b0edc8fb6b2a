WITH patients AS (
  SELECT person, count(*) AS visits, sum(cost) AS cost
  FROM visits
  WHERE admitted >= '2025-01-01'
  GROUP BY person
)
SELECT j.sector, p.visits >= 3 AS often, count(*) AS people, avg(p.cost) AS mean_cost, avg(j.wage) AS mean_wage
FROM patients p JOIN jobs j ON p.person = j.person
GROUP BY j.sector, often
ORDER BY j.sector, often
