SELECT date_trunc('month', admitted) AS month, count(*) AS visits, count(DISTINCT person) AS people, avg(cost) AS mean_cost
FROM visits
WHERE admitted >= '2025-01-01'
GROUP BY month
HAVING count(*) > 100
ORDER BY month
