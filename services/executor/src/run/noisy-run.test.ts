import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { createGuard, type Guard, noiseSql } from '@reinraum/policy'
import type { AnalysisRule } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChildLimits } from '../child/confinement.ts'
import type { AddNoise } from '../child/dialogue.ts'
import { probeConfinement } from '../child/probe.ts'
import { makeRunFolder } from '../child/run-folder.ts'
import { startChild } from '../child/spawn.ts'
import { noiseFor } from './noise-for.ts'

// From the guard's verdict to the file of the result, as a run goes, with the noise of the operating system.

const limits: ChildLimits = { memoryMiB: 256, timeoutMs: 20_000, cpuSeconds: 20, threads: 2, resultBytes: 2 ** 20 }
const columns = [
  { name: 'person', type: 'BIGINT' },
  { name: 'district', type: 'VARCHAR' },
  { name: 'cost', type: 'DECIMAL(9,2)' },
] as const
const rule: AnalysisRule = {
  version: 1,
  modes: ['aggregation'],
  privacyUnit: { column: 'person', maxRowsPerUnit: 2, maxGroupsPerUnit: 1 },
  columns: {
    district: { dimension: true, domain: ['North', 'South', 'Nowhere'] },
    cost: { aggregate: ['sum', 'avg', 'variance', 'median'], bounds: [0, 1000], filter: 'literal' },
  },
  differentialPrivacy: {
    epsilonBudget: 10,
    deltaBudget: 0,
    maxEpsilonPerQuery: 5,
    mechanism: 'discreteLaplace',
    accounting: 'basic',
    refresh: 'never',
  },
  output: { minimumGroupSize: 20, maxRows: 1000 },
  approvals: { by: ['health'], threshold: 'all' },
}
const sql = `SELECT district, count(*) AS n, avg(cost) AS mean, variance(cost) AS v, median(cost) AS m FROM visits GROUP BY district`

let guard: Guard
let directory: string
const confinement = await probeConfinement()
beforeAll(async () => {
  guard = await createGuard()
  directory = await mkdtemp(join(tmpdir(), 'reinraum-noise-'))
})
afterAll(async () => {
  await guard.close()
  await rm(directory, { recursive: true, force: true })
})

async function inEngine(text: string) {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(text)).getRows()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** @param rowsPerUnit as the owner states it: that units need not be counted of groups with rows enough */
async function run(name: string, change: (add: AddNoise) => AddNoise = (add) => add, asked = sql, rowsPerUnit?: number) {
  const privacyUnit = { column: 'person', maxRowsPerUnit: 2, maxGroupsPerUnit: 2 }
  const stated = rowsPerUnit === undefined ? { rule } : { rule: { ...rule, privacyUnit }, rowsPerUnit }
  const verdict = await guard.check({
    sql: asked,
    parameters: [],
    values: {},
    slots: [{ id: 'visits', schema: { columns: [...columns] }, ...stated }],
    privacy: { epsilon: 5, delta: 0 },
  })
  if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict))
  const { noise } = verdict
  const path = join(directory, name)
  await mkdir(path, { mode: 0o700 })
  const folder = await makeRunFolder(path)
  const file = join(folder.data, 'visits.parquet')
  const rows = `SELECT i // 2 AS person, CASE WHEN i < 3000 THEN 'North' ELSE 'South' END AS district, (i % 500)::DECIMAL(9,2) AS cost FROM range(4000) t(i)`
  await inEngine(`COPY (${rows}) TO '${file}'`)
  const question = {
    datasets: [{ slot: 'visits', file, columns }],
    comparisons: [],
    noise: noise.map(noiseSql),
    sql: verdict.resultSql,
  }
  const add = noiseFor(noise, new AbortController().signal)
  const outcome = await startChild(limits, confinement, folder).run(question, new AbortController().signal, {
    addNoise: change(add),
  })
  return { ...outcome, folder, path, rows: await inEngine(`SELECT * FROM '${folder.result}' ORDER BY ALL`) }
}

describe('a run with noise', () => {
  it('gives noisy cells near the exact ones, with intervals, and no group that is too small', async () => {
    const { rows, rowCount } = await run('near')
    expect(rowCount).toBe(2)
    expect(rows.map(([district]) => district)).toEqual(['North', 'South'])
    for (const [i, row] of rows.entries()) {
      const [n, low, high, mean, meanLow, meanHigh, v, , , m] = row.slice(1).map(Number) as number[]
      expect(Math.abs((n ?? 0) - (i === 0 ? 3000 : 1000))).toBeLessThan(100)
      expect([low, meanLow].map((x, at) => (x ?? 0) <= ([n, mean][at] ?? 0))).toEqual([true, true])
      expect([high, meanHigh].map((x, at) => (x ?? 0) >= ([n, mean][at] ?? 0))).toEqual([true, true])
      expect(Math.abs((mean ?? 0) - 249.5)).toBeLessThan(60)
      expect(Math.abs((v ?? 0) - 20_854)).toBeLessThan(20_000)
      expect(Math.abs((m ?? 0) - 249.5)).toBeLessThan(120)
    }
  })

  it('makes each noisy table before the exact cells of the next are read', async () => {
    const totals = `WITH a AS (SELECT district, count(*) AS n FROM visits GROUP BY ROLLUP (district)),
      b AS (SELECT count(*) AS m FROM visits WHERE cost > (SELECT max(n) FROM a) / 100) SELECT district, n, m FROM a CROSS JOIN b ORDER BY n`
    const heard: number[] = []
    const listen =
      (add: AddNoise): AddNoise =>
      (index, exact) => {
        heard.push(index)
        return add(index, exact)
      }
    const { rows } = await run('several', listen, totals)
    expect(heard).toEqual([0, 1, 2])
    expect(rows.map(([district]) => district)).toEqual(['North', 'South', null])
    // of 4000 visits, those that cost more than 40 out of 500
    for (const [, n, m] of rows.map((row) => row.map(Number))) {
      expect(n).toBeGreaterThan(900)
      expect(Math.abs((m ?? 0) - 3672)).toBeLessThan(150)
    }
  })

  it('reads the units of groups that have too few rows to do without, and of no others', async () => {
    const heard: unknown[] = []
    const listen =
      (add: AddNoise): AddNoise =>
      async (index, exact) => {
        const answer = await add(index, exact)
        heard.push(exact, answer)
        return answer
      }
    const counts = 'SELECT district, count(*) AS n FROM visits GROUP BY district'
    const { rows } = await run('spared', listen, counts, 2)
    expect(rows.map(([district]) => district)).toEqual(['North', 'South'])
    // nobody has been nowhere, so that nothing comes back
    expect(heard.slice(0, 3)).toEqual([[expect.arrayContaining([['North', '3000']])], [['Nowhere']], [[]]])
    const few = 'SELECT district, count(*) AS n FROM visits WHERE cost < 4 GROUP BY district'
    heard.length = 0
    await run('few', listen, few, 2)
    // 24 rows of twelve people and 8 of four: 16 rows more by noise, which would do without units, happen once in 10⁹ runs
    expect(heard.slice(1, 3)).toEqual([
      [['North'], ['South'], ['Nowhere']],
      [
        expect.arrayContaining([
          ['North', '12'],
          ['South', '4'],
        ]),
      ],
    ])
  })

  it('never gives the same twice', async () => {
    const [one, other] = await Promise.all([run('one'), run('other')])
    expect(one.rows).not.toEqual(other.rows)
  })

  it('leaves no exact cell in any file, and fails without a word', async () => {
    const heard: string[] = []
    const listen =
      (add: AddNoise): AddNoise =>
      (index, exact) => {
        heard.push(JSON.stringify(exact))
        return add(index, exact)
      }
    const { folder, path } = await run('quiet', listen)
    // Σ (cost - 500) of North in cents, and of South: long numbers that nothing else is
    expect(heard[0]).toContain('"-75150000"')
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.parentPath === folder.data) continue
      expect((await readFile(join(entry.parentPath, entry.name))).includes('-75150000')).toBe(false)
    }
    const fails = (): AddNoise => (_, exact) => {
      throw new Error(`a cell of ${JSON.stringify(exact)}`)
    }
    const failure: unknown = await run('failing', fails).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'run-failed', message: 'the run failed' })
    expect(failure).not.toHaveProperty('cause')
  })
})
