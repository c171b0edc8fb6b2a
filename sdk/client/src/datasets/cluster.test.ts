import { readdirSync, utimesSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatasetSchema } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { inEngine } from '../testing/in-engine.ts'
import { encodeParquet } from './encode.ts'
import { openSource, type SourceOptions } from './source.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reinraum-cluster-'))
  vi.stubEnv('TMPDIR', directory)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true, force: true })
})

const schema: DatasetSchema = {
  columns: [
    { name: 'id', type: 'BIGINT' },
    { name: 'by "it"', type: 'VARCHAR' },
    { name: 'amount', type: 'DECIMAL(18,2)' },
  ],
}
/** So little that a file of a hundred thousand wide rows is read several times. */
const memory = 64

/** A file of so many rows, whose clustering column is as the expression over `i` says. */
async function source(name: string, rows: number, by: string): Promise<string> {
  const file = join(directory, name)
  const select = `SELECT i AS id, ${by} AS "by ""it""", ((i * 7919) % 100003)::DECIMAL(18,2) / 4 AS amount`
  await inEngine(`COPY (${select} FROM range(${rows}) t(i)) TO '${file}'`)
  return file
}

/** Wide, so that few rows are more than can be sorted at once. */
const text = 'repeat(md5((i * 31 % 50000)::VARCHAR), 4)'

let encodings = 0

/** @param atChunk is told of each chunk by its number */
async function encode(file: string, options: SourceOptions, atChunk: (chunk: number) => void = () => {}, signal?: AbortSignal) {
  const opened = await openSource(file, schema, { clusterBy: 'by "it"', ...options })
  const selects: string[] = []
  const pieces = async () => {
    const found = await opened.pieces()
    selects.push(...found.selects)
    return found
  }
  try {
    const { bytes, rowCount } = encodeParquet({ ...opened, pieces }, signal)
    const chunks: Uint8Array[] = []
    for await (const chunk of bytes) atChunk(chunks.push(chunk.slice()))
    const to = join(directory, `encoded-${++encodings}.parquet`)
    await writeFile(to, Buffer.concat(chunks))
    return { to, selects, rows: rowCount(), units: opened.units }
  } finally {
    opened.close()
  }
}

/** The same for the same rows, however they are ordered, and as often as they are there. */
async function digestOf(file: string): Promise<unknown> {
  const row = 'hash(id::BIGINT, "by ""it"""::VARCHAR, amount::DECIMAL(18,2))'
  return inEngine(`SELECT count(*)::INT, sum(${row})::VARCHAR FROM '${file}'`)
}

/** Of a Parquet file: how many row groups, rows of the largest, and those that begin before an earlier one has ended. */
async function groupsOf(file: string, column: string) {
  const groups = `SELECT row_group_id AS g, row_group_num_rows AS n, stats_min_value AS least, stats_max_value AS most, stats_null_count AS nulls
    FROM parquet_metadata('${file}') WHERE path_in_schema = '${column}'`
  const [row] = await inEngine(
    `SELECT count(*)::INT, max(n)::INT, count(*) FILTER (least < before OR least IS NOT NULL AND nulls_before > 0)::INT, count(*) FILTER (least IS NULL AND nulls < n)::INT
     FROM (SELECT *, max(most) OVER earlier AS before, max(nulls) OVER earlier AS nulls_before FROM (${groups})
       WINDOW earlier AS (ORDER BY g ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))`,
  )
  const [count, largest, overlapping, unknown] = row ?? []
  return { count, largest, overlapping, unknown }
}

const leftovers = () => readdirSync(directory).filter((name) => name.startsWith('reinraum-seal-'))

describe('rows that are clustered', () => {
  const by = (value: string) => `CASE WHEN i % 10 > 0 THEN ${value} END`

  test('leave in the order of the column, sorted in one go where the memory suffices', async () => {
    const file = await source('once.parquet', 125_000, by('md5((i * 31 % 5000)::VARCHAR)'))
    const { to, rows, selects } = await encode(file, { unit: 'id' })
    expect({ rows, pieces: selects.length }).toEqual({ rows: 125_000, pieces: 1 })
    expect(await digestOf(to)).toEqual(await digestOf(file))
    expect(await groupsOf(to, 'by "it"')).toEqual({ count: 2, largest: 122_880, overlapping: 0, unknown: 0 })
    const [first] = await inEngine(
      `SELECT count(*)::INT FROM (SELECT "by ""it""" < lag("by ""it""") OVER () AS back FROM '${to}') WHERE back`,
    )
    expect(first).toEqual([0])
  })

  test('leave in the order of the column, in one file, where the source had to be read for each part of it', async () => {
    const file = await source('ranges.parquet', 100_000, by(text))
    const { to, rows, selects, units } = await encode(file, { memory, unit: 'id' })
    expect({ rows, counted: units?.rows(), most: units?.most() }).toEqual({ rows: 100_000, counted: 100_000, most: 1 })
    expect(selects.length).toBeGreaterThan(2)
    expect(await digestOf(to)).toEqual(await digestOf(file))
    expect(await groupsOf(to, 'by "it"')).toMatchObject({ overlapping: 0, unknown: 0 })
    // as readers look for rows: by the statistics of row groups
    expect(await inEngine(`SELECT count(*)::INT FROM '${to}' WHERE "by ""it""" = repeat(md5('31'), 4)`)).toEqual(
      await inEngine(`SELECT count(*)::INT FROM '${file}' WHERE "by ""it""" = repeat(md5('31'), 4)`),
    )
  })

  test('may nearly all have one value, which needs no sorting', async () => {
    const file = await source('ties.parquet', 100_000, `CASE WHEN i % 8 = 0 THEN ${text} ELSE repeat('a tie of rows ', 7) END`)
    const { to, selects } = await encode(file, { memory })
    expect(selects.filter((select) => !select.includes('ORDER BY'))).toHaveLength(1)
    expect(await digestOf(to)).toEqual(await digestOf(file))
    expect(await groupsOf(to, 'by "it"')).toMatchObject({ overlapping: 0 })
  })

  test.each([
    ['numbers', 'amount', 'DECIMAL(18,2)'],
    ['numbers that may be none', 'amount', 'DOUBLE'],
    ['days', 'day', 'DATE'],
  ] as const)('may be clustered by %s', async (_, column, type) => {
    const file = join(directory, `${type.slice(0, 4)}.parquet`)
    const value =
      type === 'DATE'
        ? "DATE '2001-01-01' + (i * 7919 % 3000)::INT"
        : "CASE WHEN i % 999 = 0 THEN 'nan' ELSE (i * 7919 % 3000)::VARCHAR END::DOUBLE"
    const exact = type === 'DECIMAL(18,2)' ? '(i * 7919 % 3000) / 4' : value
    await inEngine(`COPY (SELECT ${exact} AS ${column}, md5((i % 997)::VARCHAR) AS note FROM range(255000) t(i)) TO '${file}'`)
    const columns = [
      { name: column, type },
      { name: 'note', type: 'VARCHAR' as const },
    ]
    const opened = await openSource(file, { columns }, { clusterBy: column, memory })
    const read: string[] = []
    const run: typeof opened.run = (sql) => {
      read.push(sql)
      return opened.run(sql)
    }
    const parquet = encodeParquet({ ...opened, run })
    const to = join(directory, `by-${type.slice(0, 4)}.parquet`)
    await writeFile(to, parquet.bytes)
    opened.close()
    expect(parquet.rowCount()).toBe(255_000)
    expect(read.length).toBeGreaterThan(1)
    const back = `SELECT ${column} < lag(${column}) OVER () AS back FROM '${to}'`
    expect(await inEngine(`SELECT count(*)::INT FROM (${back}) WHERE back`)).toEqual([[0]])
    const notes = (f: string) => `SELECT sum(hash(note, ${column}::${type}))::VARCHAR FROM '${f}'`
    expect(await inEngine(notes(to))).toEqual(await inEngine(notes(file)))
  })

  test('may hold quotes and line ends, or be few, or none, or all of nobody', async () => {
    const csv = join(directory, 'odd.csv')
    const head = 'id,"by ""it""",amount\n'
    await writeFile(csv, `${head}1,"b\n""x"",",1.5\n2,,2\n3,a,3\n`)
    const { to } = await encode(csv, { unit: 'by "it"' })
    expect(await inEngine(`SELECT id::INT, "by ""it""" FROM '${to}'`)).toEqual([
      [3, 'a'],
      [1, 'b\n"x",'],
      [2, null],
    ])
    await writeFile(csv, head)
    const none = await encode(csv, { unit: 'id' })
    expect({ rows: none.rows, groups: (await groupsOf(none.to, 'id')).count }).toEqual({ rows: 0, groups: 0 })
    const file = await source('nulls.parquet', 300_000, 'NULL::VARCHAR')
    const all = await encode(file, { memory })
    expect({ rows: all.rows, sorted: all.selects.join().includes('ORDER BY') }).toEqual({ rows: 300_000, sorted: false })
  })

  test('are refused by a column that the slot does not declare, also where the file has it', async () => {
    const file = join(directory, 'more.csv')
    await writeFile(file, 'id,"by ""it""",amount,other\n1,a,1,2\n')
    await expect(encode(file, { clusterBy: 'other' })).rejects.toMatchObject({
      code: 'schema-mismatch',
      message: expect.stringContaining('declares no such column'),
    })
  })
})

describe('a file that is read several times', () => {
  let file: string
  beforeAll(async () => {
    file = await source('again.parquet', 115_000, text)
  })

  test('must not have changed meanwhile', async () => {
    const touch = (chunk: number) => {
      if (chunk === 1) utimesSync(file, new Date(), new Date(0))
    }
    await expect(encode(file, { memory }, touch)).rejects.toMatchObject({
      code: 'unreadable-input',
      message: /changed while it was read/,
    })
  })

  test('must have as many rows in the end as in the beginning', async () => {
    const opened = await openSource(file, schema, { clusterBy: 'id', memory })
    const pieces = async () => {
      const found = await opened.pieces()
      return { ...found, selects: found.selects.slice(1) }
    }
    const all = async () => {
      for await (const _ of encodeParquet({ ...opened, pieces }).bytes);
    }
    await expect(all()).rejects.toMatchObject({ code: 'unreadable-input', message: /^the file had 115000 rows and then \d+$/ })
    opened.close()
  })

  test.each([0, 1, 60])('can be left at any time, after %i ms, and leaves nothing', async (after) => {
    const aborting = new AbortController()
    const encoding = encode(file, { memory, unit: 'id' }, () => {}, aborting.signal)
    if (after === 0) aborting.abort(new Error('enough'))
    else setTimeout(() => aborting.abort(new Error('enough')), after)
    await expect(encoding).rejects.toThrow('enough')
    expect(leftovers()).toEqual([])
  })

  test('ends its first reading at once when it is left', async () => {
    const aborting = new AbortController()
    const opened = await openSource(file, schema, { clusterBy: 'by "it"', memory })
    let interrupted = 0
    const interrupt = () => {
      interrupted += 1
      opened.interrupt()
    }
    const pieces = () => {
      const found = opened.pieces()
      aborting.abort(new Error('enough'))
      return found
    }
    const all = async () => {
      for await (const _ of encodeParquet({ ...opened, pieces, interrupt }, aborting.signal).bytes);
    }
    await expect(all()).rejects.toThrow('enough')
    expect(interrupted).toBe(1)
    opened.close()
  })

  test('can be left in each of its readings', async () => {
    for (const reading of [0, 1]) {
      const aborting = new AbortController()
      let piece = -1
      const opened = await openSource(file, schema, { clusterBy: 'by "it"', memory })
      const run: typeof opened.run = (sql) => {
        piece += 1
        const running = opened.run(sql)
        if (piece === reading) aborting.abort(new Error('enough'))
        return running
      }
      const all = async () => {
        for await (const _ of encodeParquet({ ...opened, run }, aborting.signal).bytes);
      }
      await expect(all()).rejects.toThrow('enough')
      expect({ piece, left: leftovers() }).toEqual({ piece: reading, left: [] })
      opened.close()
    }
  })
})
