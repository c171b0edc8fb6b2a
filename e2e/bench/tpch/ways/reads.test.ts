import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, expect, test } from 'vitest'
import { generated, openGenerator } from '../generate/generate.ts'
import { questions } from '../questions/questions.ts'
import { tables } from '../tables.ts'
import { writeDestroyed } from './destroyed.ts'
import { type PlannedQuestion, planQuestions } from './reads.ts'

// Few rows, of which every question finds some; the share that the eleventh asks for is that of more rows.
const scale = { factor: 0.005, seed: 4 }
const asked = questions(1)
let planned: readonly PlannedQuestion[]
beforeAll(async () => {
  const bytes = { source: 0, plain: 0, ciphertext: 0 }
  planned = await planQuestions(
    tables.map((table) => ({ ...table, bytes })),
    asked,
  )
})

test('every question is planned: none reads all columns of its tables', () => {
  const whole = planned.flatMap(({ columnShare }, i) => (columnShare < 0.7 ? [] : [i + 1]))
  expect(whole).toEqual([])
})

test('every reading of a table in a question about a span of its days has a condition on these, by which the table is clustered', () => {
  const narrowed = planned.flatMap(({ reads }, i) =>
    tables.flatMap(({ name, clusterBy }) => {
      const scans = reads.get(name) ?? []
      const isNarrow = scans.every(({ conditions }) => conditions.some(({ column }) => column === clusterBy))
      return scans.length > 0 && isNarrow ? [`Q${i + 1} ${clusterBy}`] : []
    }),
  )
  expect(narrowed).toEqual([
    ...['Q1 l_shipdate', 'Q3 o_orderdate', 'Q3 l_shipdate', 'Q4 o_orderdate', 'Q5 o_orderdate', 'Q6 l_shipdate', 'Q7 l_shipdate'],
    ...['Q8 o_orderdate', 'Q10 o_orderdate', 'Q12 l_shipdate', 'Q14 l_shipdate', 'Q15 l_shipdate', 'Q20 l_shipdate'],
  ])
})

test('files that hold nothing but what is planned give the same answers to all questions', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-planned-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  try {
    // Names are looked up in main when the schema in use has none, but not the other way round.
    await connection.run('CREATE SCHEMA complete; USE complete')
    await openGenerator(connection, scale)
    for (const { name } of tables) await connection.run(`CREATE TABLE ${name} AS ${generated(name, scale)}`)
    const answer = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson()
    const empty: number[] = []
    for (const [i, sql] of asked.entries()) {
      const whole = await answer(sql)
      if (whole.flat().every((value) => value === null)) empty.push(i + 1)
      const files = await writeDestroyed(connection, planned[i]?.reads ?? new Map(), folder)
      await connection.run('USE main')
      for (const [table, file] of files) await connection.run(`CREATE VIEW ${table} AS SELECT * FROM read_parquet('${file}')`)
      expect({ question: i + 1, answer: await answer(sql) }).toEqual({ question: i + 1, answer: whole })
      for (const table of files.keys()) await connection.run(`DROP VIEW ${table}`)
      await connection.run('USE complete')
    }
    expect(empty).toEqual([])
  } finally {
    connection.closeSync()
    instance.closeSync()
    await rm(folder, { recursive: true, force: true })
  }
})
