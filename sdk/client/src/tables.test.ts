import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { convertTable, formatOfFile, readTable } from './tables.ts'

let parquet: string
let source: string
let directory: string
beforeAll(async () => {
  source = await mkdtemp(join(tmpdir(), 'reinraum-tables-'))
  parquet = join(source, 'result.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (SELECT i AS id, 'a, "b"' AS note FROM range(5000) t(i)) TO '${parquet}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
})
beforeEach(async () => {
  directory = await mkdtemp(join(source, 'target-'))
})
afterAll(() => rm(source, { recursive: true, force: true }))

describe('an opened result', () => {
  it('becomes CSV or JSON with the same rows, readable by its owner only', async () => {
    await convertTable(parquet, join(directory, 'r.csv'), 'csv')
    await convertTable(parquet, join(directory, 'r.json'), 'json')
    const csv = (await readFile(join(directory, 'r.csv'), 'utf8')).trim().split('\n')
    expect([csv.length, csv[0], csv[1]]).toEqual([5001, 'id,note', '0,"a, ""b"""'])
    const rows = JSON.parse(await readFile(join(directory, 'r.json'), 'utf8'))
    expect([rows.length, rows[4999]]).toEqual([5000, { id: 4999, note: 'a, "b"' }])
    expect((await stat(join(directory, 'r.csv'))).mode & 0o777).toBe(0o600)
    expect((await readTable(parquet)).rows).toHaveLength(5000)
  })

  it.each(['csv', 'json'])(
    'that does not fit on the disk as %s leaves nothing, and the disk is said to be full',
    async (format) => {
      const target = join(directory, `r.${format}`)
      const node = [process.execPath, '--conditions=source', '--disable-warning=ExperimentalWarning']
      const child = join(import.meta.dirname, 'testing/convert-child.ts')
      // POSIX counts the limit in blocks of 512 bytes.
      const argv = ['-c', 'ulimit -f 64 && exec "$@"', 'sh', ...node, child, parquet, target, format]
      const { stdout } = await promisify(execFile)('sh', argv)
      expect(stdout).toBe(`storage-full: no room left for ${target}`)
      expect(await readdir(directory)).toEqual([])
    },
  )

  it('does not replace a file', async () => {
    const target = join(directory, 'r.csv')
    await writeFile(target, 'mine')
    await expect(convertTable(parquet, target, 'csv')).rejects.toMatchObject({ code: 'already-exists' })
    expect([await readFile(target, 'utf8'), await readdir(directory)]).toEqual(['mine', ['r.csv']])
  })

  it('that is no Parquet leaves nothing', async () => {
    await writeFile(join(source, 'broken.parquet'), 'PAR1')
    const converting = convertTable(join(source, 'broken.parquet'), join(directory, 'r.csv'), 'csv')
    await expect(converting).rejects.toMatchObject({ code: 'unreadable-input' })
    expect(await readdir(directory)).toEqual([])
  })

  it('is asked for by the ending of a file’s name', () => {
    expect(['a.csv', 'b.JSON', 'c.d.parquet'].map(formatOfFile)).toEqual(['csv', 'json', 'parquet'])
    for (const name of ['a.txt', 'csv', 'a.csv.gz']) expect(() => formatOfFile(name)).toThrow('ends in neither')
  })
})
