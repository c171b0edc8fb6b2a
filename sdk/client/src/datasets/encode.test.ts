import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatasetSchema } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readTable } from '../tables.ts'
import { encodeParquet } from './encode.ts'
import { openSource } from './source.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reinraum-encode-'))
  // A folder of its own, in which nobody else leaves anything.
  vi.stubEnv('TMPDIR', directory)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true, force: true })
})

const schema: DatasetSchema = {
  columns: [
    { name: 'Flight Date', type: 'DATE' },
    { name: 'cost $', type: 'BIGINT' },
    { name: 'say "hi"', type: 'VARCHAR' },
  ],
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}

async function encode(path: string, to = schema) {
  const source = await openSource(path, to)
  try {
    const parquet = encodeParquet(source)
    const chunks: Uint8Array[] = []
    for await (const chunk of parquet.bytes) chunks.push(chunk.slice())
    return { rowCount: parquet.rowCount(), bytes: Buffer.concat(chunks) }
  } finally {
    source.close()
  }
}

const leftovers = () => readdirSync(directory).filter((name) => name.startsWith('reinraum-seal-'))

describe('a file in the clear becomes Parquet', () => {
  const csv = 'other,Flight Date,cost $,"say ""hi"""\n1,1990-01-08,5,a\n2,1991-02-03,,"b, c"\n'

  it('with the declared columns only, in the declared types', async () => {
    const { rowCount, bytes } = await encode(await file('good.csv', csv))
    const table = await readTable(await file('good.parquet', bytes))
    expect(rowCount).toBe(2)
    expect(table).toEqual({
      columns: ['Flight Date', 'cost $', 'say "hi"'],
      rows: [
        ['1990-01-08', '5', 'a'],
        ['1991-02-03', null, 'b, c'],
      ],
    })
  })

  it('from JSON and from Parquet alike', async () => {
    const rows = [{ 'Flight Date': '1990-01-08', 'cost $': 5, 'say "hi"': 'a' }]
    const fromJson = await encode(await file('rows.json', JSON.stringify(rows)))
    const fromParquet = await encode(await file('again.parquet', fromJson.bytes))
    const tables = await Promise.all(
      [fromJson, fromParquet].map(async ({ bytes }, i) => readTable(await file(`t${i}.parquet`, bytes))),
    )
    expect(tables[0]?.rows).toEqual([['1990-01-08', '5', 'a']])
    expect(tables[1]).toEqual(tables[0])
  })

  it('leaves no pipe and no plaintext behind, also when it fails', async () => {
    const before = leftovers()
    await encode(await file('good2.csv', csv))
    await encode(await file('bad.csv', csv.replace('5', 'five'))).catch(() => undefined)
    expect(leftovers()).toEqual(before)
  })

  it('refuses a value that does not convert, naming the column and not the value', async () => {
    const failure = encode(await file('bad2.csv', csv.replace('5', 'canary-5')))
    await expect(failure).rejects.toMatchObject({ code: 'schema-mismatch', message: 'cost $: 1 values are no BIGINT' })
  })

  it('refuses missing columns by name', async () => {
    const failure = encode(await file('short.csv', 'Flight Date\n1990-01-08\n'))
    await expect(failure).rejects.toMatchObject({ code: 'schema-mismatch', message: expect.stringContaining('cost $') })
  })

  it.each([
    ['an empty file', 'empty.csv', ''],
    ['a file of another kind', 'notes.txt', 'hello'],
    ['Parquet that is none', 'fake.parquet', 'PAR1 but not really'],
    ['broken JSON', 'broken.json', '[{"Flight Date": '],
  ])('refuses %s', async (_, name, content) => {
    await expect(encode(await file(name, content))).rejects.toMatchObject({ code: 'unreadable-input' })
  })

  it('refuses a file that is not there, and a name that DuckDB would take for a pattern', async () => {
    await expect(encode(join(directory, 'nothing.csv'))).rejects.toMatchObject({ code: 'unreadable-input' })
    await expect(encode(await file('all*.csv', csv))).rejects.toMatchObject({ code: 'unreadable-input' })
    expect(existsSync(join(directory, 'nothing.csv'))).toBe(false)
  })
})
