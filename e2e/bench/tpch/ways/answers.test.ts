import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { openAnswers } from './answers.ts'

test('answers are the same when their rows, the order of these, their columns and types are, however the file is written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-answers-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const answers = await openAnswers()
  try {
    const fingerprint = async (sql: string, compression = 'zstd') => {
      const file = join(folder, 'answer.parquet')
      await connection.run(`COPY (${sql}) TO '${file}' (FORMAT parquet, COMPRESSION ${compression})`)
      return answers.fingerprint(file)
    }
    const first = await fingerprint("SELECT * FROM (VALUES (1.50, 'a'), (2.25, NULL)) t(x, y)")
    expect(await fingerprint("SELECT * FROM (VALUES (1.50, 'a'), (2.25, NULL)) t(x, y)", 'uncompressed')).toBe(first)
    for (const other of [
      "SELECT * FROM (VALUES (2.25, NULL), (1.50, 'a')) t(x, y)",
      "SELECT * FROM (VALUES (1.50, 'a')) t(x, y)",
      "SELECT * FROM (VALUES (1.51, 'a'), (2.25, NULL)) t(x, y)",
      "SELECT * FROM (VALUES (1.50, 'a'), (2.25, '')) t(x, y)",
      "SELECT * FROM (VALUES (1.50, 'a'), (2.25, NULL)) t(x, z)",
      "SELECT x::DOUBLE AS x, y FROM (VALUES (1.50, 'a'), (2.25, NULL)) t(x, y)",
    ])
      expect({ other, same: (await fingerprint(other)) === first }).toEqual({ other, same: false })
  } finally {
    answers.close()
    connection.closeSync()
    instance.closeSync()
    await rm(folder, { recursive: true, force: true })
  }
})
