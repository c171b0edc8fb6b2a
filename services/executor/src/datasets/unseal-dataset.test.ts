import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEnvelopeThreads } from '@reinraum/envelope'
import type { Column } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scan } from './scan.ts'
import { type Engine, startEngine } from './testing/engine.ts'
import { sealFile } from './testing/sealed-file.ts'
import { unsealDataset } from './unseal-dataset.ts'

const envelopes = createEnvelopeThreads({ threads: 1 })
let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => Promise.all([engine.close(), envelopes.close()]))

const never = new AbortController().signal
let files = 0

/** The file as the query process finds it, and what was fetched for it. */
async function unsealed(
  plaintext: Uint8Array,
  scans: readonly Scan[],
  { clusteredBy, gap = 0 }: { clusteredBy?: Column; gap?: number } = {},
) {
  files += 1
  const path = join(engine.directory, `${files}.parquet`)
  const sealed = sealFile(plaintext, envelopes)
  const file = await sealed.openAt(path)
  await unsealDataset(file, { scans, clusteredBy }, never, gap)
  const bytes = file.unsealedBytes()
  await file.close()
  return { path, bytes, length: file.length, fetched: sealed.fetched() }
}

async function whole(plaintext: Uint8Array): Promise<string> {
  files += 1
  const path = join(engine.directory, `${files}.parquet`)
  await writeFile(path, plaintext)
  return path
}

const everything: Scan = { columns: ['number', 'day', 'word', 'hash', 'part', 'maybe', 'price', 'flag'], conditions: [] }
const rows = (
  count: number,
) => `SELECT i AS number, DATE '2020-01-01' + (i // 100)::INTEGER AS day, 'word' || (i % 50) AS word, md5(i::VARCHAR) AS hash,
  i * 0.5 AS part, CASE WHEN i % 3 = 0 THEN NULL ELSE i % 9 END AS maybe, (i % 1000)::DECIMAL(9,2) AS price, i % 2 = 0 AS flag
  FROM range(${count}) t(i)`

describe('a dataset of which a query reads some columns', () => {
  it('is fetched and decrypted in these and reads as the whole one does', async () => {
    const plaintext = await engine.parquet(rows(100_000), ', COMPRESSION zstd, ROW_GROUP_SIZE 20480')
    const { path, bytes, length, fetched } = await unsealed(plaintext, [
      { columns: ['day'], conditions: [] },
      { columns: ['word'], conditions: [] },
    ])
    const sql = (file: string) =>
      `SELECT word, count(*) AS n, min(day) AS first, max(day) AS last FROM read_parquet('${file}') GROUP BY word ORDER BY word`
    expect(await engine.rows(sql(path))).toEqual(await engine.rows(sql(await whole(plaintext))))
    expect(bytes).toBeLessThan(length / 10)
    expect(fetched.reduce((sum, range) => sum + range.length, 0)).toBeLessThan(length / 5)
    await expect(engine.rows(`SELECT sum(number) FROM read_parquet('${path}')`)).rejects.toThrow()
  })

  it('is a hole everywhere else', async () => {
    const plaintext = await engine.parquet(rows(50_000), ', COMPRESSION zstd, ROW_GROUP_SIZE 10240')
    const { path, bytes, length } = await unsealed(plaintext, [{ columns: ['WORD'], conditions: [] }])
    const found = await readFile(path)
    expect(found.length).toBe(length)
    // What is there is as it was; what is not is zeros.
    let there = 0
    for (const [i, byte] of found.entries()) {
      if (byte === 0) continue
      there += 1
      if (byte !== plaintext[i]) throw new Error(`byte ${i} differs`)
    }
    expect(there).toBeLessThanOrEqual(bytes)
    expect(bytes).toBeLessThan(length / 20)
  })

  it('reads without any column when only rows are counted', async () => {
    const plaintext = await engine.parquet(rows(30_000), ', ROW_GROUP_SIZE 10240')
    const { path } = await unsealed(plaintext, [{ columns: [], conditions: [] }])
    expect(await engine.rows(`SELECT count(*)::INTEGER FROM read_parquet('${path}')`)).toEqual([[30_000]])
  })

  it('has the Bloom filters by which the engine leaves out row groups', async () => {
    const plaintext = await engine.parquet(rows(30_000), ', ROW_GROUP_SIZE 10240')
    const { path } = await unsealed(plaintext, [{ columns: ['word'], conditions: [] }])
    for (const word of ['word7', 'nowhere']) {
      const sql = (file: string) => `SELECT count(*)::INTEGER FROM read_parquet('${file}') WHERE word = '${word}'`
      expect(await engine.rows(sql(path))).toEqual(await engine.rows(sql(await whole(plaintext))))
    }
  })

  it('is fetched with what lies between where that is less than a request costs, and whole when it is small', async () => {
    const plaintext = await engine.parquet(rows(30_000), ', ROW_GROUP_SIZE 10240')
    const scans = [{ columns: ['flag'], conditions: [] }]
    const [close, near, small] = await Promise.all(
      [0, 20_000, plaintext.length].map((gap) => unsealed(plaintext, scans, { gap })),
    )
    expect(close?.bytes).toBeLessThan(near?.bytes ?? 0)
    expect(near?.bytes).toBeLessThan(small?.bytes ?? 0)
    expect(small?.bytes).toBe(plaintext.length)
  })
})

describe('a column that was not asked for', () => {
  const codecs = ['uncompressed', 'snappy', 'zstd', 'gzip', 'lz4_raw']
  it.each(codecs.flatMap((codec) => ['V1', 'V2'].map((version) => [codec, version])))(
    'fails when it is read: %s, %s',
    async (codec, version) => {
      const plaintext = await engine.parquet(
        rows(20_000),
        `, COMPRESSION ${codec}, PARQUET_VERSION ${version}, ROW_GROUP_SIZE 4096`,
      )
      for (const column of everything.columns) {
        const others = everything.columns.filter((name) => name !== column)
        const { path } = await unsealed(plaintext, [{ columns: others, conditions: [] }])
        await expect(engine.rows(`SELECT any_value(${column}) FROM read_parquet('${path}')`), column).rejects.toThrow(
          'TProtocolException',
        )
        await expect(
          engine.rows(`SELECT ${others.map((name) => `max(${name})`)} FROM read_parquet('${path}')`),
        ).resolves.toHaveLength(1)
      }
    },
  )
})
