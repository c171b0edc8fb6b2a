import type { Question } from '../field.ts'

const crafts = 'count(DISTINCT aircraft) >= 5'
const operators = 'count(DISTINCT operator) >= 5'

export const aviation: readonly Question[] = [
  {
    asks: 'strikes, flights and mean delay by state and month: three agencies, one answer',
    sql: `WITH struck AS (
        SELECT "Origin State" AS state, month("Flight Date") AS month, count(*) AS strikes
        FROM strikes WHERE "Flight Date" >= $since GROUP BY 1, 2
      ), flown AS (
        SELECT s.name AS state, month(f.departure) AS month, count(*) AS flights, avg(f.delay) AS mean_delay
        FROM flights f JOIN airports a ON f.origin = a.iata JOIN states s ON a.state = s.code GROUP BY 1, 2
      )
      SELECT struck.state, struck.month, struck.strikes, flown.flights, round(flown.mean_delay, 1) AS mean_delay
      FROM struck JOIN flown ON struck.state = flown.state AND struck.month = flown.month ORDER BY 1, 2`,
    parameters: [{ name: 'since', type: 'DATE', domain: { minimum: '1990-01-01', maximum: '2002-12-31' } }],
    values: { since: '2000-03-01' },
    byHand: `WITH struck AS (SELECT "Origin State" AS state, month("Flight Date") AS month, count(*) AS strikes FROM strikes WHERE "Flight Date" >= DATE '2000-03-01' GROUP BY 1, 2 HAVING ${operators}),
        flown AS (SELECT name AS state, month(departure) AS month, count(*) AS flights, avg(delay) AS delay FROM flights JOIN airports ON origin = iata JOIN states ON state = code GROUP BY 1, 2 HAVING ${crafts})
      SELECT state, month, strikes, flights, round(delay, 1) FROM struck JOIN flown USING (state, month) ORDER BY 1, 2`,
  },
  {
    asks: 'strikes per thousand flights, states without one among them',
    sql: `WITH f AS (SELECT states.name, count(*) AS flights FROM flights, airports, states WHERE origin = iata AND airports.state = states.code GROUP BY states.name),
        s AS (SELECT "Origin State" AS name, count(*) AS strikes FROM strikes WHERE "Wildlife Size" = 'Large' GROUP BY 1)
      SELECT name, flights, coalesce(strikes, 0) AS strikes, round(1000.0 * coalesce(strikes, 0) / flights, 1) AS per_1000 FROM f LEFT JOIN s USING (name) ORDER BY per_1000 DESC, name`,
    byHand: `WITH f AS (SELECT states.name, count(*) AS n FROM flights JOIN airports ON origin = iata JOIN states ON state = code GROUP BY 1 HAVING ${crafts}),
        s AS (SELECT "Origin State" AS name, count(*) AS m FROM strikes WHERE "Wildlife Size" = 'Large' GROUP BY 1 HAVING ${operators})
      SELECT name, n, coalesce(m, 0), round(1000.0 * coalesce(m, 0) / n, 1) AS p FROM f LEFT JOIN s USING (name) ORDER BY p DESC, name`,
  },
  {
    asks: 'punctuality: shares of delays in classes',
    sql: `SELECT CASE WHEN delay IS NULL THEN 'cancelled' WHEN delay <= 15 THEN 'on time' WHEN delay <= 60 THEN 'late' ELSE 'very late' END AS class,
        count(*) AS flights, count(*) / sum(count(*)) OVER () AS share FROM flights GROUP BY class ORDER BY flights DESC`,
    byHand: `SELECT CASE WHEN delay IS NULL THEN 'cancelled' WHEN delay <= 15 THEN 'on time' WHEN delay <= 60 THEN 'late' ELSE 'very late' END AS class, count(*) AS n, count(*) / 3000
      FROM flights GROUP BY 1 HAVING ${crafts} ORDER BY n DESC`,
  },
  {
    asks: 'the busiest routes between states',
    sql: `select concat(o.state, ' - ', d.state) as route, count(*) as n, sum(f.distance) as miles
      from flights as f join airports as o on f.origin = o.iata join airports as d on f.destination = d.iata
      where o.state <> d.state and not cancelled group by route having count(*) > 40 order by n desc, route limit 10 offset 2`,
    byHand: `SELECT o.state || ' - ' || d.state AS route, count(*) AS n, sum(distance) FROM flights JOIN airports o ON origin = o.iata JOIN airports d ON destination = d.iata
      WHERE o.state <> d.state AND NOT cancelled GROUP BY 1 HAVING ${crafts} AND count(*) > 40 ORDER BY n DESC, 1 LIMIT 10 OFFSET 2`,
  },
  {
    asks: 'delay by hour of departure, with the hour before and after',
    sql: `WITH hours AS (SELECT extract(hour FROM departure) AS hour, avg(delay) AS delay FROM flights GROUP BY 1)
      SELECT *, round(avg(delay) OVER (ORDER BY hour ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), 6) AS smooth FROM hours ORDER BY hour`,
    byHand: `WITH h AS (SELECT hour(departure) AS h, avg(delay) AS d FROM flights GROUP BY 1 HAVING ${crafts})
      SELECT h, d, round(avg(d) OVER (ORDER BY h ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), 6) FROM h ORDER BY h`,
  },
  {
    asks: 'miles a day by airport, ranked within each state',
    sql: `SELECT a.state, a.iata, sum(f.distance) AS miles, rank() OVER (PARTITION BY a.state ORDER BY sum(f.distance) DESC) AS place
      FROM flights f INNER JOIN airports a ON a.iata = f.origin AND a.runways > 1 GROUP BY a.state, a.iata QUALIFY place <= 2 ORDER BY a.state, place`,
    byHand: `SELECT state, iata, m, place FROM (SELECT state, iata, sum(distance) AS m, rank() OVER (PARTITION BY state ORDER BY sum(distance) DESC) AS place
      FROM flights JOIN airports ON iata = origin WHERE runways > 1 GROUP BY 1, 2 HAVING ${crafts}) WHERE place <= 2 ORDER BY 1, 4`,
  },
  {
    asks: 'departures of airports with several runways, all flights kept',
    sql: `SELECT coalesce(a.city, 'elsewhere') AS city, count(*) AS n FROM flights f LEFT JOIN airports a ON f.origin = a.iata AND a.runways >= 3 GROUP BY 1 ORDER BY n DESC, city`,
    byHand: `SELECT CASE WHEN runways >= 3 THEN city ELSE 'elsewhere' END AS c, count(*) AS n FROM flights LEFT JOIN airports ON origin = iata GROUP BY 1 HAVING ${crafts} ORDER BY n DESC, 1`,
  },
  {
    asks: 'weekly departures in a quarter',
    sql: `SELECT time_bucket(INTERVAL '1 week', departure) AS week, count(*) AS n, count(DISTINCT aircraft) AS aircraft FROM flights
      WHERE departure >= '2001-04-01' AND departure < TIMESTAMP '2001-07-01' GROUP BY week ORDER BY week`,
    byHand: `SELECT time_bucket(INTERVAL '1 week', departure), count(*), count(DISTINCT aircraft) FROM flights
      WHERE departure >= '2001-04-01' AND departure < '2001-07-01' GROUP BY 1 HAVING ${crafts} ORDER BY 1`,
  },
  {
    asks: 'how evenly aircraft are used',
    sql: `SELECT flights // 5 * 5 AS from_flights, count(*) AS aircraft, avg(miles) AS miles FROM (
        SELECT aircraft, count(*) AS flights, sum(distance) AS miles FROM flights GROUP BY aircraft) AS per_aircraft GROUP BY flights // 5 * 5 ORDER BY 1`,
    byHand: `SELECT n // 5 * 5, count(*), avg(m) FROM (SELECT count(*) AS n, sum(distance) AS m FROM flights GROUP BY aircraft) GROUP BY 1 HAVING count(*) >= 5 ORDER BY 1`,
  },
  {
    asks: 'what strikes cost, by size and year, with subtotals',
    sql: `SELECT "Wildlife Size" AS size, year("Flight Date") AS year, count(*) AS n, count("Cost Total $") AS known, sum("Cost Total $") AS cost, avg("Cost Total $") AS mean
      FROM strikes GROUP BY GROUPING SETS (("Wildlife Size", year("Flight Date")), ("Wildlife Size"), ()) ORDER BY size NULLS LAST, year NULLS LAST`,
    byHand: `SELECT "Wildlife Size", year("Flight Date"), count(*), count("Cost Total $"), sum("Cost Total $"), avg("Cost Total $") FROM strikes
      GROUP BY GROUPING SETS ((1, 2), (1), ()) HAVING ${operators} ORDER BY 1, 2`,
  },
]
