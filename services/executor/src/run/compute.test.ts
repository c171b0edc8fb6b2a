import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from '@reinraum/crypto'
import { afterAll, describe, expect, it } from 'vitest'
import type { ChildLimits } from '../child/confinement.ts'
import { probeConfinement } from '../child/probe.ts'
import { makeRunFolder } from '../child/run-folder.ts'
import { startChild } from '../child/spawn.ts'
import { compute } from './compute.ts'
import { startReleaseGrid } from './release-grid.ts'

const everyMs = 800
const limits: ChildLimits = { memoryMiB: 128, timeoutMs: 20_000, cpuSeconds: 20, threads: 1, resultBytes: 65_536 }
const confinement = await probeConfinement()
const base = await mkdtemp(join(tmpdir(), 'reinraum-compute-'))

afterAll(() => rm(base, { recursive: true, force: true }))

async function ask(sql: string, name: string, signal = new AbortController().signal) {
  const path = join(base, name)
  await mkdir(path)
  const folder = await makeRunFolder(path)
  const child = startChild(limits, confinement, folder)
  const started = performance.now()
  const sealed = join(path, name === 'unsealable' ? 'no/such/folder' : 'result.sealed')
  const grid = startReleaseGrid(everyMs)
  const question = { datasets: [], comparisons: [], sql }
  const options = { child, question, folder, sealed, resultKey: randomBytes(32), runId: name, grid, signal }
  const outcome = await compute(options).catch((error: unknown) => error)
  return { outcome, elapsed: performance.now() - started }
}

describe('the step that sees data', () => {
  it('ends on the grid with one failure or one size, whatever happened in it', async () => {
    const [rows, none, error, long, unsealable] = await Promise.all([
      ask('SELECT i FROM range(99) t(i)', 'rows'),
      ask('SELECT 1 AS x WHERE false', 'none'),
      ask("SELECT error('secret')", 'error'),
      ask('SELECT repeat(md5(i::VARCHAR), 99) AS x FROM range(9000) t(i)', 'long'),
      ask('SELECT 1 AS x', 'unsealable'),
    ])
    for (const { elapsed } of [rows, none, error, long, unsealable]) {
      expect(elapsed).toBeGreaterThanOrEqual(everyMs - 2)
      // Timers come late on a machine with more to do, never early.
      expect((elapsed + 2) % everyMs).toBeLessThan(250)
    }
    const failures = [error, long, unsealable].map(({ outcome }) => outcome)
    expect(failures.map((e) => (e instanceof Error ? [e.message, e.cause] : e))).toEqual(
      failures.map(() => ['the run failed', undefined]),
    )
    const length = (await readFile(join(base, 'none', 'result.sealed'))).length
    expect([rows, none].map(({ outcome }) => outcome)).toEqual([0, 1].map(() => expect.objectContaining({ length })))
  })

  it('does not wait for the grid when the run is stopped', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('stopped')), 50)
    const { outcome, elapsed } = await ask(
      'SELECT count(*) FROM range(100000000000) t(i) WHERE hash(i) = 1',
      'stopped',
      stop.signal,
    )
    expect([outcome, elapsed < everyMs]).toEqual([new Error('stopped'), true])
  })
})
