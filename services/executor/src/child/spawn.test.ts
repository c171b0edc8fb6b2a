import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job } from './job.ts'
import { type Confinement, probeConfinement, startChild } from './spawn.ts'

const limits = { memoryMiB: 256, timeoutMs: 20_000, threads: 1 }
// Streams for hours in constant memory.
const forever = 'SELECT count(*) AS n FROM range(1000000000000) t(i) WHERE hash(i) = 1'
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
  startChild({ ...limits, ...overrides }, confinement).run(job(sql), signal)

/** Query processes of a parent, past what confines them: other tests on this machine have theirs. */
function children(parent = process.pid): readonly string[] {
  return readdirSync('/proc').filter((pid) => /^[0-9]+$/.test(pid) && isQueryProcess(pid) && parentOf(pid) === parent)
}

function isQueryProcess(pid: string): boolean {
  const command = commandOf(pid)
  return command.includes('child/main.ts') && command.split('\0')[0]?.endsWith('node') === true
}

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s([0-9]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return -1
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Waits until the query process itself runs. */
async function seen(parent = process.pid): Promise<string> {
  for (let i = 0; i < 400; i++) {
    const [pid] = children(parent)
    if (pid !== undefined) return pid
    await sleep(25)
  }
  throw new Error('no query process was seen')
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

  it('runs with its configuration locked, without extensions and without spilling', async () => {
    const names = ['lock_configuration', 'enable_external_access', 'autoload_known_extensions', 'temp_directory']
    await run(`SELECT ${names.map((name) => `current_setting('${name}')::VARCHAR AS ${name}`).join(', ')}`)
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const result = await connection.runAndReadAll(`SELECT * FROM '${directory}/result.parquet'`)
    connection.closeSync()
    instance.closeSync()
    expect(result.getRowsJson()).toEqual([['true', 'false', 'false', '']])
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
    const running = run(forever, { timeoutMs: 2000 }).catch((error: unknown) => error)
    await seen()
    expect(await running).toMatchObject({ code: 'run-failed' })
    await expect.poll(() => children(), { timeout: 5000 }).toEqual([])
  })

  it('is killed when the run is stopped', async () => {
    const stop = new AbortController()
    const running = run(forever, {}, stop.signal).catch((error: unknown) => error)
    await seen()
    stop.abort()
    expect(await running).toMatchObject({ code: 'run-cancelled' })
    await expect.poll(() => children(), { timeout: 5000 }).toEqual([])
  })

  it('ends unused when its run does not come to the query', async () => {
    const child = startChild(limits, confinement)
    await seen()
    child.discard()
    await expect.poll(() => children(), { timeout: 5000 }).toEqual([])
  })

  it.runIf(confinement.namespaces && confinement.privileges)(
    'has no network, no capability and no environment of its own',
    async () => {
      const stop = new AbortController()
      const running = run(forever, {}, stop.signal).catch(() => undefined)
      const pid = await seen()
      const namespace = readlinkSync(`/proc/${pid}/ns/net`)
      const routes = readFileSync(`/proc/${pid}/net/route`, 'utf8').trim().split('\n').slice(1)
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      const limit = readFileSync(`/proc/${pid}/limits`, 'utf8')
      stop.abort()
      await running
      expect(namespace).not.toBe(readlinkSync('/proc/self/ns/net'))
      expect(routes).toEqual([])
      expect(environment).toBe('PATH=/usr/sbin:/usr/bin:/sbin:/bin\0')
      expect(status).toMatch(/^NoNewPrivs:\s1$/m)
      expect(status).toMatch(/^CapBnd:\s0000000000000000$/m)
      expect(limit).toMatch(/^Max core file size\s+0\s+0\s/m)
    },
  )

  it.runIf(confinement.privileges)('does not outlive a parent that is killed', async () => {
    const module = new URL('./spawn.ts', import.meta.url).href
    const script = `
      const { startChild } = await import(${JSON.stringify(module)})
      await startChild(${JSON.stringify(limits)}, ${JSON.stringify(confinement)}).run(${JSON.stringify(job(forever))}, new AbortController().signal)`
    const parent = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', script], { stdio: 'ignore' })
    const pid = await seen(parent.pid)
    parent.kill('SIGKILL')
    await expect.poll(() => isQueryProcess(pid), { timeout: 5000 }).toBe(false)
  })

  it('refuses a job that is none', async () => {
    await writeFile(join(directory, 'noise'), '')
    const broken = { ...job('SELECT 1'), directory: 7 } as unknown as Job
    await expect(startChild(limits, confinement).run(broken, new AbortController().signal)).rejects.toMatchObject({
      code: 'run-failed',
    })
  })
})
