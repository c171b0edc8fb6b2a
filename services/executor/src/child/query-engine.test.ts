import duckdb from '@duckdb/node-bindings'
import { expect, test } from 'vitest'
import { openQueryEngine } from './query-engine.ts'
import { textRows } from './text-rows.ts'

const engine = await openQueryEngine(64, 1)

test('reads every column as the text that it is cast to, short and long, in any script, and what is not there', async () => {
  const long = 'ü€😀'.repeat(5000)
  const sql = `SELECT 'twelve bytes' AS a, 'thirteen byte' AS b, '${long}' AS c, '' AS d, 9007199254740993 AS a, 1.50 AS f, NULL AS g, DATE '2026-11-22' AS h`
  const texts = ['twelve bytes', 'thirteen byte', long, '', '9007199254740993', '1.50', null, '2026-11-22']
  expect(await engine.read(sql)).toEqual([texts])
  expect(await engine.read('SELECT 1 AS one WHERE false')).toEqual([])
})

test('reads as many rows as there are, in their order, whatever part of them is missing', async () => {
  const text = (i: number) => (i % 3 === 0 ? null : i % 2 === 0 ? `${i}` : `a text of more than twelve bytes ${i}`)
  const sql = `SELECT CASE WHEN i % 3 = 0 THEN NULL WHEN i % 2 = 0 THEN i::VARCHAR ELSE 'a text of more than twelve bytes ' || i END AS text
    FROM range(5000) t(i) ORDER BY i DESC`
  expect(await engine.read(sql)).toEqual(Array.from({ length: 5000 }, (_, i) => [text(4999 - i)]))
})

test('appends texts as they are to a temporary table, and says how many rows it wrote', async () => {
  const rows = [
    [`it's "quoted"`, null],
    [null, '😀'.repeat(100)],
    ['', 'NULL'],
  ]
  await engine.run('CREATE TEMP TABLE texts (a VARCHAR, b VARCHAR)')
  engine.append('texts', rows)
  expect(await engine.read('SELECT rowid, a, b FROM texts ORDER BY rowid')).toEqual(rows.map((row, i) => [`${i}`, ...row]))
  expect(await engine.run('INSERT INTO texts SELECT a, b FROM texts, range(5)')).toBe(15)
  expect(() => engine.append('none', rows)).toThrow()
})

test('takes nothing but texts for texts: other values are no addresses', async () => {
  const connection = await duckdb.connect(await duckdb.open(':memory:', duckdb.create_config()))
  await expect(textRows(await duckdb.query(connection, "SELECT 'a', 1"))).rejects.toThrow('a column is no text')
})
