import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openQueryEngine } from './query-engine.ts'
import { runJob } from './run-job.ts'

async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-run-job-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const engine = await openQueryEngine(64, 1)
  const there = join(folder, 'there.parquet')
  await engine.run(`COPY (SELECT 1 AS n) TO '${there}' (FORMAT parquet)`)
  const result = join(folder, 'result.parquet')
  const datasetIn = (slot: string, file: string) => ({ slot, file, columns: [{ name: 'n', type: 'BIGINT' }] })
  const run = (slots: Readonly<Record<string, string>>, sql = 'SELECT 7 AS seven') => {
    const datasets = Object.entries(slots).map(([slot, file]) => datasetIn(slot, file))
    return runJob(engine, { datasets, comparisons: [], sql, result }, () => [])
  }
  return { engine, there, missing: join(folder, 'missing.parquet'), result, run }
}

test('a job ends where one of its datasets is not there, whichever', async () => {
  for (const order of [
    ['missing', 'there'],
    ['there', 'missing'],
  ] as const) {
    const { run, result, ...files } = await setUp()
    await expect(run(Object.fromEntries(order.map((slot) => [slot, files[slot]])))).rejects.toThrow('missing.parquet')
    expect(existsSync(result)).toBe(false)
  }
})

test('a job ends where its engine cannot be confined', async () => {
  const { engine, run, there, result } = await setUp()
  await engine.run('SET lock_configuration = true')
  await expect(run({ there })).rejects.toThrow('locked')
  expect(existsSync(result)).toBe(false)
})

test('a job reads its own files and no others', async () => {
  const { engine, run, there, missing } = await setUp()
  await engine.run(`COPY (SELECT 2 AS n) TO '${missing}' (FORMAT parquet)`)
  await expect(run({ there }, `SELECT n FROM '${missing}'`)).rejects.toThrow('Permission')
  expect(await engine.read('SELECT n FROM there')).toEqual([['1']])
  await expect(engine.run("SET allowed_paths = ['/']")).rejects.toThrow('locked')
})
