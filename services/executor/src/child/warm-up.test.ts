import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openQueryEngine } from './query-engine.ts'
import { runJob } from './run-job.ts'
import { warmUp } from './warm-up.ts'

test('an engine that was warmed up knows nothing of it, and its result is in the place of what was made up', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-warm-up-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const engine = await openQueryEngine(64, 1)
  const result = join(folder, "it's the result.parquet")
  await warmUp(engine, result)
  expect(await engine.read('SELECT name FROM (SHOW ALL TABLES)')).toEqual([])
  expect(await engine.read(`SELECT count(*) FROM '${result.replace("'", "''")}'`)).toEqual([['5000']])
  await runJob(engine, { datasets: [], comparisons: [], sql: 'SELECT 7 AS seven', result }, () => [])
  expect(await engine.read(`SELECT * FROM '${result.replace("'", "''")}'`)).toEqual([['7']])
})
