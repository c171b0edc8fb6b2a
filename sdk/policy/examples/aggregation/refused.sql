SELECT district,
       sum(CASE WHEN person = 42 THEN cost END) AS costs,
       max(cost) AS dearest
FROM visits
WHERE diagnosis = 'F32'
GROUP BY district
