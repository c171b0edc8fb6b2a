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
import type { ReleaseGrid } from './release-grid.ts'

const limits: ChildLimits = { memoryMiB: 128, timeoutMs: 20_000, cpuSeconds: 20, threads: 1, resultBytes: 65_536 }
const confinement = await probeConfinement()
const base = await mkdtemp(join(tmpdir(), 'reinraum-compute-'))

afterAll(() => rm(base, { recursive: true, force: true }))

/** Points of a grid that come when the test lets them: nothing is said before, on however slow a machine. */
function pointsOnDemand() {
  const point = Promise.withResolvers<void>()
  let awaited = 0
  const next = () => {
    awaited += 1
    return point.promise
  }
  return { grid: { next }, awaited: () => awaited, come: point.resolve }
}

async function ask(grid: ReleaseGrid, sql: string, name: string, signal = new AbortController().signal) {
  const path = join(base, name)
  await mkdir(path)
  const folder = await makeRunFolder(path)
  const child = startChild(limits, confinement, folder)
  const sealed = join(path, name === 'unsealable' ? 'no/such/folder' : 'result.sealed')
  const question = { datasets: [], comparisons: [], sql }
  const options = { child, question, folder, sealed, resultKey: randomBytes(32), runId: name, grid, signal }
  return compute(options).catch((error: unknown) => error)
}

describe('the step that sees data', () => {
  it('ends on the grid with one failure or one size, whatever happened in it', async () => {
    const { grid, awaited, come } = pointsOnDemand()
    let ended = 0
    const runs = [
      ask(grid, 'SELECT i FROM range(99) t(i)', 'rows'),
      ask(grid, 'SELECT 1 AS x WHERE false', 'none'),
      ask(grid, "SELECT error('secret')", 'error'),
      ask(grid, 'SELECT repeat(md5(i::VARCHAR), 99) AS x FROM range(9000) t(i)', 'long'),
      ask(grid, 'SELECT 1 AS x', 'unsealable'),
    ].map((run) => run.finally(() => (ended += 1)))
    await expect.poll(() => awaited() + ended).toBe(runs.length)
    expect({ awaited: awaited(), ended }).toEqual({ awaited: runs.length, ended: 0 })
    come()
    const [rows, none, ...failures] = await Promise.all(runs)
    expect(failures.map((e) => (e instanceof Error ? [e.message, e.cause] : e))).toEqual(
      failures.map(() => ['the run failed', undefined]),
    )
    const length = (await readFile(join(base, 'none', 'result.sealed'))).length
    expect([rows, none]).toEqual([0, 1].map(() => expect.objectContaining({ length })))
  })

  it('does not wait for the grid when the run is stopped', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('stopped')), 50)
    const { grid, awaited } = pointsOnDemand()
    const endless = 'SELECT count(*) FROM range(100000000000) t(i) WHERE hash(i) = 1'
    expect(await ask(grid, endless, 'stopped', stop.signal)).toEqual(new Error('stopped'))
    expect(awaited()).toBe(0)
  })
})
