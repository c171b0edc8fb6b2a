import type { Question } from '../field.ts'

const plates = 'count(DISTINCT plate) >= 5'
const strict = 'count(DISTINCT plate) >= 7'

export const roads: readonly Question[] = [
  {
    asks: 'severity of accidents by hour of the day and kind of day',
    sql: `SELECT hour(happened) // 6 * 6 AS from_hour, CASE WHEN isodow(happened) IN (6, 7) THEN 'weekend' ELSE 'weekday' END AS day, count(*) AS n, avg(severity) AS severity
      FROM accidents GROUP BY from_hour, day ORDER BY from_hour, day`,
    byHand: `SELECT hour(happened) // 6 * 6, CASE WHEN isodow(happened) >= 6 THEN 'weekend' ELSE 'weekday' END, count(*), avg(severity) FROM accidents GROUP BY 1, 2 HAVING ${plates} ORDER BY 1, 2`,
  },
  {
    asks: 'accidents and injured per hundred kilometres of road',
    sql: `SELECT r.class, n, round(100 * n / km, 2) AS per_100_km, round(100 * injured / km, 2) AS injured_per_100_km
      FROM (SELECT class, count(*) AS n, sum(injured) AS injured FROM accidents JOIN roads USING (road) GROUP BY class) a
        JOIN (SELECT class, sum(kilometres) AS km FROM roads GROUP BY class) r ON a.class = r.class ORDER BY per_100_km DESC`,
    byHand: `SELECT class, n, round(100 * n / km, 2) AS p, round(100 * i / km, 2) FROM (SELECT class, count(*) AS n, sum(injured) AS i FROM accidents JOIN roads USING (road) GROUP BY 1 HAVING ${plates})
      JOIN (SELECT class, sum(kilometres) AS km FROM roads GROUP BY 1) USING (class) ORDER BY p DESC`,
  },
  {
    asks: 'weather as different offices write it',
    sql: `SELECT coalesce(nullif(lower(trim(weather)), ''), 'unknown') AS weather, count(*) AS n, sum(CASE WHEN injured > 0 THEN 1 ELSE 0 END) AS with_injured
      FROM accidents GROUP BY 1 ORDER BY n DESC, weather`,
    byHand: `SELECT coalesce(lower(trim(weather)), 'unknown') AS w, count(*) AS n, count(*) FILTER (injured > 0) FROM accidents GROUP BY 1 HAVING ${plates} ORDER BY n DESC, 1`,
  },
  {
    asks: 'accidents by kind and age of vehicle, two agencies',
    sql: `select v.kind, case when 2022 - v.built <= 5 then 'new' when 2022 - v.built <= 15 then 'used' else 'old' end as age, count(*) as accidents, count(distinct a.plate) as vehicles
      from accidents a inner join vehicles v on a.plate = v.plate where a.severity >= 2 group by 1, 2 order by 1, 2`,
    byHand: `SELECT kind, CASE WHEN built >= 2017 THEN 'new' WHEN built >= 2007 THEN 'used' ELSE 'old' END, count(*), count(DISTINCT plate) FROM accidents JOIN vehicles USING (plate)
      WHERE severity >= 2 GROUP BY 1, 2 HAVING ${strict} ORDER BY 1, 2`,
  },
  {
    asks: 'accidents per vehicle on the register, with and without electric drive',
    sql: `WITH registered AS (SELECT electric, count(*) AS vehicles FROM vehicles GROUP BY electric),
        crashed AS (SELECT v.electric, count(*) AS accidents FROM accidents a JOIN vehicles v USING (plate) GROUP BY v.electric)
      SELECT CASE WHEN electric THEN 'electric' ELSE 'other' END AS drive, accidents, vehicles, round(accidents / vehicles, 4) AS each FROM registered JOIN crashed USING (electric) ORDER BY drive`,
    byHand: `SELECT CASE WHEN electric THEN 'electric' ELSE 'other' END, a, v, round(a / v, 4) FROM (SELECT electric, count(*) AS v FROM vehicles GROUP BY 1)
      JOIN (SELECT electric, count(*) AS a FROM accidents JOIN vehicles USING (plate) GROUP BY 1 HAVING ${strict}) USING (electric) ORDER BY 1`,
  },
  {
    asks: 'vehicles with several accidents, by kind',
    sql: `SELECT kind, count(*) AS vehicles FROM vehicles JOIN (SELECT plate FROM accidents GROUP BY plate HAVING count(*) >= 3) AS often USING (plate) GROUP BY kind ORDER BY ALL`,
    byHand: `SELECT kind, count(*) FROM vehicles WHERE plate IN (SELECT plate FROM accidents GROUP BY 1 HAVING count(*) >= 3) GROUP BY 1 HAVING ${strict} ORDER BY 1`,
  },
  {
    asks: 'months above the mean of the year',
    sql: `WITH m AS (SELECT monthname(happened) AS month, month(happened) AS number, count(*) AS n FROM accidents GROUP BY 1, 2)
      SELECT month, n, round(n - (SELECT avg(n) FROM m), 2) AS above FROM m WHERE n > (SELECT avg(n) FROM m) ORDER BY number`,
    byHand: `WITH m AS (SELECT monthname(happened) AS month, month(happened) AS k, count(*) AS n FROM accidents GROUP BY 1, 2 HAVING ${plates})
      SELECT month, n, round(n - avg, 2) FROM m, (SELECT avg(n) AS avg FROM m) WHERE n > avg ORDER BY k`,
  },
  {
    asks: 'damage: total, quartiles and spread, on the most accident-prone roads',
    sql: `SELECT road, count(*) AS n, sum(damage) AS total, quantile_cont(damage, 0.25) AS q1, median(damage) AS q2, quantile_cont(damage, 0.75) AS q3, round(stddev(damage), 4) AS spread
      FROM accidents WHERE road IN (SELECT road FROM accidents GROUP BY road HAVING count(*) > 160) GROUP BY road ORDER BY road`,
    byHand: `SELECT road, count(*) AS n, sum(damage), quantile_cont(damage, 0.25), median(damage), quantile_cont(damage, 0.75), round(stddev(damage), 4) FROM accidents
      GROUP BY 1 HAVING ${plates} AND n > 160 ORDER BY 1`,
  },
  {
    asks: 'a matrix of weather and road, with the share of each row',
    sql: `SELECT class, weather, n, round(n / sum(n) OVER (PARTITION BY class), 3) AS share, dense_rank() OVER (PARTITION BY class ORDER BY n DESC) AS place
      FROM (SELECT r.class, trim(a.weather) AS weather, count(*) AS n FROM accidents a, roads r WHERE a.road = r.road AND a.weather IS NOT NULL GROUP BY 1, 2) t
      ORDER BY class, place, weather`,
    byHand: `WITH t AS (SELECT class, trim(weather) AS w, count(*) AS n FROM accidents JOIN roads USING (road) WHERE weather IS NOT NULL GROUP BY 1, 2 HAVING ${plates})
      SELECT class, w, n, round(n / sum(n) OVER (PARTITION BY class), 3), dense_rank() OVER (PARTITION BY class ORDER BY n DESC) AS p FROM t ORDER BY 1, p, 2`,
  },
  {
    asks: 'accidents followed by another of the same vehicle within a quarter',
    sql: `SELECT trim(first.weather) AS weather, count(*) AS pairs FROM accidents AS first JOIN accidents AS later ON first.plate = later.plate
        AND later.happened > first.happened AND later.happened < first.happened + INTERVAL 3 MONTHS GROUP BY 1 ORDER BY pairs DESC, 1`,
    byHand: `SELECT trim(f.weather) AS w, count(*) AS n FROM accidents f JOIN accidents l USING (plate) WHERE l.happened > f.happened AND l.happened < f.happened + INTERVAL 3 MONTHS
      GROUP BY 1 HAVING ${plates} ORDER BY n DESC, 1`,
  },
  {
    asks: 'bands of injured people, none left out by NULL',
    sql: `SELECT least(injured, 3) AS injured, min(n) AS n FROM (SELECT injured, count(*) AS n FROM accidents WHERE coalesce(weather, 'none') <> 'snow' GROUP BY injured) AS c GROUP BY 1 ORDER BY 1`,
    byHand: `SELECT least(injured, 3), min(n) FROM (SELECT injured, count(*) AS n FROM accidents WHERE weather IS DISTINCT FROM 'snow' GROUP BY 1 HAVING ${plates}) GROUP BY 1 ORDER BY 1`,
  },
  {
    asks: 'accidents of vehicles that are on the register or not, the register on the left',
    sql: `SELECT count(*) AS accidents, count(v.known) AS registered FROM (SELECT plate, count(*) AS known FROM vehicles WHERE kind <> 'car' GROUP BY plate) AS v
      RIGHT OUTER JOIN accidents AS a ON a.plate = v.plate`,
    byHand: `SELECT count(*), count(v.plate) FROM accidents LEFT JOIN (FROM vehicles WHERE kind <> 'car') v USING (plate)`,
  },
  {
    asks: 'the roads of each class in a line, all of it public',
    sql: `SELECT class, string_agg(road, ', ' ORDER BY kilometres DESC) AS roads, max(kilometres) AS longest FROM roads GROUP BY class ORDER BY class`,
    byHand: `SELECT class, string_agg(road, ', ' ORDER BY kilometres DESC), max(kilometres) FROM roads GROUP BY 1 ORDER BY 1`,
  },
]
