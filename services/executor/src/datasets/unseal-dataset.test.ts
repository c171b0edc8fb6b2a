import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { ReinraumError } from '@reinraum/crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesIn } from './byte-ranges.ts'
import { scanOf, startUnsealing, type Unsealing } from './testing/unsealing.ts'

let unsealing: Unsealing
beforeAll(async () => {
  unsealing = await startUnsealing()
})
afterAll(() => unsealing.close())

const columns = ['number', 'day', 'word', 'hash', 'part', 'maybe', 'price', 'flag']
const rows = (count: number) => `SELECT i AS number, DATE '2020-01-01' + (i // 100)::INTEGER AS day, 'word' || (i % 50) AS word,
  md5(i::VARCHAR) AS hash, i * 0.5 AS part, CASE WHEN i % 3 = 0 THEN NULL ELSE i % 9 END AS maybe,
  (i % 1000)::DECIMAL(9,2) AS price, i % 2 = 0 AS flag FROM range(${count}) t(i)`
const written = (count = 20_000, options = '') => unsealing.engine.parquet(rows(count), `, ROW_GROUP_SIZE 4096${options}`)

describe('a dataset of which a query reads some columns', () => {
  it('is fetched and decrypted in these, and reads as the whole one does', async () => {
    const whole = await written(100_000, ', COMPRESSION zstd')
    const { path, bytes, length, fetched } = await unsealing.unsealed(whole.bytes, [scanOf(['day']), scanOf(['word'])])
    const sql = (file: string) =>
      `SELECT word, count(*) AS n, min(day) AS first, max(day) AS last FROM read_parquet('${file}') GROUP BY word ORDER BY word`
    expect(await unsealing.engine.rows(sql(path))).toEqual(await unsealing.engine.rows(sql(whole.path)))
    expect(bytes).toBeLessThan(length / 10)
    expect(bytesIn(fetched)).toBeLessThan(length / 3)
  })

  it('is a hole everywhere else', async () => {
    const whole = await written()
    const { path, bytes, length } = await unsealing.unsealed(whole.bytes, [scanOf(['WORD'])])
    const found = await readFile(path)
    expect(found.length).toBe(length)
    let there = 0
    for (const [i, byte] of found.entries()) {
      if (byte === 0) continue
      there += 1
      if (byte !== whole.bytes[i]) throw new Error(`byte ${i} differs`)
    }
    expect(there).toBeLessThanOrEqual(bytes)
    expect(bytes).toBeLessThan(length / 10)
  })

  it('asks for room before anything of it is decrypted, for no less than it takes', async () => {
    const whole = await written(50_000, ', COMPRESSION zstd')
    const asked: [path: string, bytes: number, blocks: number][] = []
    const requireRoom = (path: string, bytes: number) => void asked.push([path, bytes, statSync(path).blocks])
    const { length } = await unsealing.unsealed(whole.bytes, [scanOf(['word'])], { requireRoom })
    const refused = unsealing.unsealed(whole.bytes, [scanOf(['word'])], {
      requireRoom(path, bytes) {
        requireRoom(path, bytes)
        throw new ReinraumError('too-large', 'no room')
      },
    })
    await expect(refused).rejects.toMatchObject({ code: 'too-large' })
    const [[path = '', room = 0, blocks] = [], [notMade = ''] = []] = asked
    const taken = statSync(path).blocks * 512
    expect([blocks, taken > 0, taken <= room, room < length / 2, statSync(notMade).blocks]).toEqual([0, true, true, true, 0])
  })

  it('asks for whole pages of the memory that it is in, and for no more than all of the file', async () => {
    const whole = await written(50_000, ', COMPRESSION zstd')
    const asked: number[] = []
    const requireRoom = (_: string, bytes: number) => void asked.push(bytes)
    for (const pageBytes of [4096, 2 ** 21]) await unsealing.unsealed(whole.bytes, [scanOf(['word'])], { requireRoom, pageBytes })
    const all = Math.ceil(whole.bytes.length / 4096) * 4096
    expect([asked[0] === all, asked[1] === all]).toEqual([false, true])
  })

  it('has no column where only rows are counted', async () => {
    const whole = await written()
    const { path, bytes, length } = await unsealing.unsealed(whole.bytes, [scanOf([])])
    expect(await unsealing.engine.rows(`SELECT count(*)::INTEGER FROM read_parquet('${path}')`)).toEqual([[20_000]])
    expect(bytes).toBeLessThan(length / 10)
  })

  it('has the Bloom filters by which the engine leaves out row groups', async () => {
    const whole = await written()
    const { path } = await unsealing.unsealed(whole.bytes, [scanOf(['word'])])
    for (const word of ['word7', 'word7a']) {
      const sql = (file: string) => `SELECT count(*)::INTEGER FROM read_parquet('${file}') WHERE word = '${word}'`
      expect(await unsealing.engine.rows(sql(path))).toEqual(await unsealing.engine.rows(sql(whole.path)))
    }
  })

  it('is fetched with what lies between where another request costs more, and whole where it is small', async () => {
    const { bytes: whole } = await written()
    const gaps = [0, 20_000, whole.length].map((gap) => unsealing.unsealed(whole, [scanOf(['flag'])], { gap }))
    const [close = 0, near = 0, small = 0] = (await Promise.all(gaps)).map(({ bytes }) => bytes)
    expect([close < near, near < small, small]).toEqual([true, true, whole.length])
  })

  it('is unsealed whole where it has no footer that makes sense', async () => {
    const text = new TextEncoder().encode('number,day\n'.repeat(5000))
    const { path } = await unsealing.unsealed(text, [scanOf(['day'])])
    expect(await readFile(path)).toEqual(Buffer.from(text))
  })
})

describe('a column that was not asked for', () => {
  const codecs = ['uncompressed', 'snappy', 'zstd', 'gzip', 'lz4_raw']
  const formats = codecs.flatMap((codec) => ['V1', 'V2'].map((version) => [codec, version] as const))

  // Zeros are no page header. If they were, or if the beginning of a column were there, they would be read as values.
  it.each(formats)('ends the query that reads it: %s, %s', async (codec, version) => {
    const whole = await written(4500, `, COMPRESSION ${codec}, PARQUET_VERSION ${version}`)
    for (const column of columns) {
      const others = columns.filter((name) => name !== column)
      const { path } = await unsealing.unsealed(whole.bytes, [scanOf(others)])
      const read = unsealing.engine.rows(`SELECT any_value(${column}) FROM read_parquet('${path}')`)
      await expect(read, column).rejects.toThrow('TProtocolException')
      const [other = ''] = others
      const sql = (file: string) => `SELECT max(${other}) FROM read_parquet('${file}')`
      expect(await unsealing.engine.rows(sql(path))).toEqual(await unsealing.engine.rows(sql(whole.path)))
    }
  })
})
