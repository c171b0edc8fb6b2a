import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
import { type Database, openDatabase } from './testing/data.ts'
import { slots } from './testing/slots.ts'

// What runs on some data and fails on other tells of the data by that. Here are values at the ends of every type, in enough
// units to come out, and statements that would fail on one of them if they were written as they stand.

const values: Readonly<Record<string, string>> = {
  flights: `SELECT d::TIMESTAMP, l::BIGINT, -l::BIGINT, 'U' || u, 'A1' FROM range(6) r(u),
    (VALUES ('infinity', 9223372036854775807), ('-infinity', -9223372036854775807), ('294247-01-10 04:00:54', 0), ('290309-12-22 (BC) 00:00:00', NULL)) v(d, l)`,
  patients: `SELECT 7000 + u, 'x', a::INTEGER, t, d::DATE, c::DECIMAL(18,2), s::DOUBLE, v::SMALLINT, NULL FROM range(9) r(u),
    (VALUES (2147483647, repeat('é', 20000), 'infinity', 9999999999999999.99, 'inf', 32767), (-2147483648, '', '-infinity', -9999999999999999.99, 'nan', -32768),
      (0, '%_\\(', '5877642-06-25 (BC)', 0, '-1.7e308', 0), (NULL, 'infinity', '5881580-07-10', NULL, '5e-324', NULL)) w(a, t, d, c, s, v)`,
}

const statements: readonly (readonly [tries: string, sql: string])[] = [
  ['a time of day', 'SELECT date::TIME AS t, count(*) AS n FROM flights GROUP BY 1'],
  ['a time of day in a condition', "SELECT count(*) AS n FROM flights WHERE date::TIME = '00:00:00'"],
  ['a day of a moment, moved', 'SELECT date::DATE + 1 AS d, count(*) AS n FROM flights GROUP BY 1'],
  ['a moment and an interval', 'SELECT date + INTERVAL 9999999 YEAR AS d, count(*) AS n FROM flights GROUP BY 1'],
  [
    'parts of a day',
    "SELECT date_part('week', admitted) AS w, date_trunc('century', admitted) AS c, count(*) AS n FROM patients GROUP BY 1, 2",
  ],
  ['days between', "SELECT date_diff('day', admitted, DATE '0001-01-01') AS d, count(*) AS n FROM patients GROUP BY 1"],
  [
    'a bucket of days',
    'SELECT time_bucket(INTERVAL 7 DAY, admitted) AS d, last_day(admitted) AS l, count(*) AS n FROM patients GROUP BY 1, 2',
  ],
  [
    'a text of a day',
    "SELECT strftime(admitted, '%Y-%m') AS d, monthname(admitted) AS m, count(*) AS n FROM patients GROUP BY 1, 2",
  ],
  ['a day of a text', "SELECT region::DATE AS d, try_strptime(region, '%Y') AS e, count(*) AS n FROM patients GROUP BY 1, 2"],
  ['a made day', 'SELECT make_date(age, age, age) AS d, count(*) AS n FROM patients GROUP BY 1'],
  [
    'arithmetic of whole numbers',
    'SELECT age * 2000000000 AS a, -age AS b, age // 0 AS c, age % 0 AS d, count(*) AS n FROM patients GROUP BY ALL',
  ],
  [
    'more arithmetic of whole numbers',
    'SELECT distance * distance AS a, abs(distance) AS b, distance - 2 AS c, count(*) AS n FROM flights GROUP BY ALL',
  ],
  [
    'functions of numbers',
    'SELECT sqrt(age) AS a, ln(age) AS b, exp(age) AS c, pow(age, 999) AS d, count(*) AS n FROM patients GROUP BY ALL',
  ],
  [
    'casts of numbers',
    'SELECT age::TINYINT AS a, age::DECIMAL(4, 3) AS b, exp(age)::BIGINT AS c, count(*) AS n FROM patients GROUP BY ALL',
  ],
  [
    'texts that grow',
    "SELECT lpad(region, 1000, 'é') AS a, replace(region, 'é', repeat_) AS b, count(*) AS n FROM patients GROUP BY ALL".replace(
      'repeat_',
      "'éééééééééé'",
    ),
  ],
  [
    'texts that double',
    'WITH a AS (SELECT region || region AS r FROM patients GROUP BY 1), b AS (SELECT r || r AS r FROM a), c AS (SELECT r || r AS r FROM b) SELECT length(r || r) AS n FROM c',
  ],
  [
    'parts of texts',
    "SELECT substring(region, -9, 3) AS a, split_part(region, 'é', -1) AS b, regexp_extract(region, '(x)?', 1) AS c, count(*) AS n FROM patients GROUP BY ALL",
  ],
  [
    'sums and spreads',
    'SELECT sum(cost) AS a, avg(score) AS b, stddev(score) AS c, variance(cost) AS d, median(score) AS e, sum(cost * score) AS f FROM patients',
  ],
  [
    'sums per unit',
    'SELECT sum(s) AS a, avg(m) AS b, stddev(c) AS d FROM (SELECT person, sum(cost) AS s, avg(score) AS m, max(age) AS c FROM patients GROUP BY person) q',
  ],
  [
    'sums of results',
    'WITH r AS (SELECT age, count(*) AS n FROM patients GROUP BY 1) SELECT sum(age * 2000000000) AS a, stddev(exp(age)) AS b, var_pop(pow(age, 99)) AS c FROM r',
  ],
  [
    'windows over results',
    'WITH r AS (SELECT age, exp(age) AS e, count(*) AS n FROM patients GROUP BY 1) SELECT sum(n) OVER (ORDER BY e RANGE BETWEEN 1e308 PRECEDING AND 1e308 FOLLOWING) AS a, lag(e, 1000000000) OVER (ORDER BY age) AS b FROM r',
  ],
]

let guard: Guard
let database: Database
beforeAll(async () => {
  ;[guard, database] = await Promise.all([createGuard(), openDatabase()])
  for (const [table, rows] of Object.entries(values)) await database.query(`INSERT INTO ${table} ${rows}`)
})
afterAll(async () => {
  database.close()
  await guard.close()
})

describe('values at the ends of their types fail in no statement:', () => {
  for (const [tries, sql] of statements) {
    test(tries, async () => {
      const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
      if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
      expect((await database.query(verdict.rewrittenSql)).length).toBeGreaterThan(0)
    })
  }
})

test('a text that doubles with every result stays within a bound', async () => {
  const steps = Array.from({ length: 35 }, (_, i) => `, q${i + 1} AS (SELECT r || r AS r FROM q${i})`).join('')
  const sql = `WITH q0 AS (SELECT region AS r FROM patients GROUP BY 1)${steps} SELECT max(length(r)) AS n FROM q35`
  const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
  if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
  expect((await database.query(verdict.rewrittenSql)).map(String)).toEqual(['10000'])
})
