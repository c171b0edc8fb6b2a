SELECT count(*) AS visits, sum(cost) AS cost
FROM visits
WHERE person = 42 AND admitted >= $since
