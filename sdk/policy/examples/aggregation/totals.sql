SELECT district, year(admitted) AS year, count(*) AS visits, median(age) AS median_age
FROM visits
GROUP BY ROLLUP (year, district)
ORDER BY year, district
