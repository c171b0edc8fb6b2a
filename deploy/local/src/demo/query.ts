import type { QueryDraft } from '@reinraum/client'

/** Three agencies, one answer: where and when wildlife is struck, against how much is flown and how late. */
export const strikesByStateAndMonth: QueryDraft = {
  title: 'Wildlife strikes, flights and mean delay by state and month',
  purpose: 'Whether strikes follow traffic or season, for the allocation of wildlife control at airports',
  sql: `WITH struck AS (
  SELECT "Origin State" AS state, month("Flight Date") AS month, count(*) AS strikes
  FROM strikes
  WHERE "Flight Date" >= $since
  GROUP BY 1, 2
), flown AS (
  SELECT s.name AS state, month(f.date) AS month, count(*) AS flights, avg(f.delay) AS mean_delay
  FROM flights f
  JOIN airports a ON f.origin = a.iata
  JOIN states s ON a.state = s.code
  GROUP BY 1, 2
)
SELECT struck.state, struck.month, struck.strikes, flown.flights, round(flown.mean_delay, 1) AS mean_delay
FROM struck JOIN flown ON struck.state = flown.state AND struck.month = flown.month
ORDER BY 1, 2`,
  parameters: [{ name: 'since', type: 'DATE', domain: { minimum: '1990-01-01', maximum: '2002-12-31' } }],
}
