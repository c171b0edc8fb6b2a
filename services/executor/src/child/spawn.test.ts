import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job } from './job.ts'
import { type Confinement, probeConfinement, runInChild } from './spawn.ts'

const limits = { memoryMiB: 256, timeoutMs: 20_000, threads: 1 }
const forever = 'SELECT count(*) AS n FROM range(100000000) a, range(100000000) b WHERE (a.range * b.range) % 7 = 3'
let directory: string
const confinement: Confinement = await probeConfinement()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reinraum-child-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `COPY (SELECT i AS id, 'secret-' || i AS name, i % 3 AS kind FROM range(300) r(i)) TO '${directory}/people.parquet'`,
  )
  connection.closeSync()
  instance.closeSync()
})

afterAll(() => rm(directory, { recursive: true, force: true }))

function job(sql: string, result = 'result.parquet'): Job {
  return {
    directory,
    datasets: [
      {
        slot: 'people',
        file: join(directory, 'people.parquet'),
        columns: [
          { name: 'id', type: 'BIGINT' },
          { name: 'kind', type: 'BIGINT' },
        ],
      },
    ],
    sql,
    result: join(directory, result),
    memoryMiB: limits.memoryMiB,
    threads: 1,
  }
}

const run = (sql: string, overrides: Partial<typeof limits> = {}, signal = new AbortController().signal) =>
  runInChild(job(sql), { ...limits, ...overrides }, confinement, signal)

/** Processes that run our child's code now. */
function children(): readonly string[] {
  return readdirSync('/proc').filter((pid) => /^[0-9]+$/.test(pid) && commandOf(pid).includes('child/main.ts'))
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

describe('a query in its child process', () => {
  it('writes its result as Parquet and says how many rows it has', async () => {
    expect(await run('SELECT kind, count(*) AS n FROM people GROUP BY kind ORDER BY kind')).toEqual({ rowCount: 3 })
    expect((await readFile(join(directory, 'result.parquet'))).subarray(0, 4).toString()).toBe('PAR1')
  })

  it('sees only the columns that its slot declares', async () => {
    await expect(run('SELECT name FROM people')).rejects.toMatchObject({ code: 'run-failed' })
  })

  it.each([
    ['a file of the machine', "SELECT * FROM read_text('/etc/hostname')"],
    ['a file beside the run', "SELECT * FROM read_blob('/proc/self/environ')"],
    ['an extension', "SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')"],
    ['a locked setting', "SELECT * FROM query('SET enable_external_access = true')"],
  ])('cannot reach %s', async (_, sql) => {
    await expect(run(sql)).rejects.toMatchObject({ code: 'run-failed' })
  })

  it('fails with one code and no word about why', async () => {
    const failures = await Promise.all(
      ["SELECT error('x' || name) FROM people", "SELECT CAST('secret' AS INTEGER)", 'SELECT * FROM nothing', 'nonsense'].map(
        (sql) => run(sql).catch((error: Error) => `${error.name} ${error.message}`),
      ),
    )
    expect(new Set(failures)).toEqual(new Set(['ReinraumError the run failed']))
  })

  it('is killed at its time limit, and nothing of it stays', async () => {
    await expect(run(forever, { timeoutMs: 1500 })).rejects.toMatchObject({ code: 'run-failed' })
    await sleep(200)
    expect(children()).toEqual([])
  })

  it('is killed when the run is stopped', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 1000)
    await expect(run(forever, {}, stop.signal)).rejects.toMatchObject({ code: 'run-cancelled' })
    await sleep(200)
    expect(children()).toEqual([])
  })

  it.runIf(confinement.namespaces)('has no network and no environment of its own', async () => {
    const stop = new AbortController()
    const running = run(forever, {}, stop.signal).catch(() => undefined)
    let pid: string | undefined
    for (let i = 0; i < 100 && pid === undefined; i++) {
      await sleep(50)
      pid = children().find((candidate) => commandOf(candidate).split('\0')[0]?.endsWith('node'))
    }
    const namespace = readlinkSync(`/proc/${pid}/ns/net`)
    const routes = readFileSync(`/proc/${pid}/net/route`, 'utf8').trim().split('\n').slice(1)
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
    stop.abort()
    await running
    expect(namespace).not.toBe(readlinkSync('/proc/self/ns/net'))
    expect(routes).toEqual([])
    expect(environment).toBe('PATH=/usr/sbin:/usr/bin:/sbin:/bin\0')
  })

  it('refuses a job that is none', async () => {
    await writeFile(join(directory, 'noise'), '')
    const broken = { ...job('SELECT 1'), directory: 7 } as unknown as Job
    await expect(runInChild(broken, limits, confinement, new AbortController().signal)).rejects.toMatchObject({
      code: 'run-failed',
    })
  })
})
