SELECT district, count(*) AS visits, sum(cost) AS cost
FROM visits
WHERE admitted >= $since
GROUP BY district
