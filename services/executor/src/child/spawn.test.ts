import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChildLimits, Confinement } from './confinement.ts'
import type { AddNoise, Compare } from './dialogue.ts'
import { probeConfinement } from './probe.ts'
import { makeRunFolder } from './run-folder.ts'
import { type Question, startChild } from './spawn.ts'

const limits: ChildLimits = { memoryMiB: 256, timeoutMs: 20_000, cpuSeconds: 20, threads: 2, resultBytes: 2 ** 20 }
// Streams for hours in constant memory.
const forever = 'SELECT count(*) AS n FROM range(1000000000000) t(i) WHERE hash(i) = 1'
let directory: string
let runs = 0
const confinement: Confinement = await probeConfinement()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reinraum-child-'))
  await inEngine(
    `COPY (SELECT i AS id, 'secret-' || i AS name, i % 3 AS kind FROM range(300) r(i)) TO '${directory}/people.parquet'`,
  )
})

afterAll(() => rm(directory, { recursive: true, force: true }))

async function inEngine(sql: string) {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** A folder as the executor lays it out, with one dataset in it. */
async function freshRun(sql: string) {
  const path = join(directory, `run-${runs++}`)
  await mkdir(path, { mode: 0o700 })
  const folder = await makeRunFolder(path)
  const file = join(folder.data, 'people.parquet')
  await copyFile(join(directory, 'people.parquet'), file)
  await chmod(file, 0o644)
  const columns = [
    { name: 'id', type: 'BIGINT' },
    { name: 'kind', type: 'BIGINT' },
  ]
  const question: Question = { datasets: [{ slot: 'people', file, columns }], comparisons: [], sql }
  return { folder, question }
}

async function run(sql: string, overrides: Partial<ChildLimits> = {}, signal = new AbortController().signal) {
  const { folder, question } = await freshRun(sql)
  return { ...(await startChild({ ...limits, ...overrides }, confinement, folder).run(question, signal)), file: folder.result }
}

/** Query processes of a parent, past what confines them: other tests on this machine have theirs. */
function children(parent = process.pid): readonly string[] {
  const ancestors = (pid: number) => [parentOf(`${pid}`), parentOf(`${parentOf(`${pid}`)}`)]
  return readdirSync('/proc').filter(
    (pid) => /^[0-9]+$/.test(pid) && isQueryProcess(pid) && ancestors(Number(pid)).includes(parent),
  )
}

function isQueryProcess(pid: string): boolean {
  const command = commandOf(pid)
  return /child\/main\.(ts|mjs)/.test(command) && command.split('\0')[0]?.endsWith('node') === true
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
  for (let i = 0; i < 1200; i++) {
    const [pid] = children(parent)
    if (pid !== undefined) return pid
    await sleep(25)
  }
  throw new Error('no query process was seen')
}

describe('a query in its child process', () => {
  it('writes its result as Parquet and says how many rows it has', async () => {
    const { rowCount, file } = await run('SELECT kind, count(*) AS n FROM people GROUP BY kind ORDER BY kind')
    expect(rowCount).toBe(3)
    expect(await inEngine(`SELECT * FROM '${file}'`)).toEqual([0, 1, 2].map((kind) => [`${kind}`, '100']))
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
    const { file } = await run(`SELECT ${names.map((name) => `current_setting('${name}')::VARCHAR AS ${name}`).join(', ')}`)
    expect(await inEngine(`SELECT * FROM '${file}'`)).toEqual([['true', 'false', 'false', '']])
  })

  it('writes equal bytes for equal questions', async () => {
    const sql = 'SELECT id, kind, sum(id) OVER (PARTITION BY kind) AS n FROM people ORDER BY id'
    const [one, other] = await Promise.all([run(sql), run(sql)])
    expect((await readFile(one.file)).equals(await readFile(other.file))).toBe(true)
  })

  it('works with nearly all of the memory that it was given, and fails with more', async () => {
    const rows = (count: number) => `SELECT count(*) AS n FROM (SELECT DISTINCT md5(i::VARCHAR) FROM range(${count}) t(i))`
    expect((await run(rows(100_000), { memoryMiB: 48 })).rowCount).toBe(1)
    await expect(run(rows(1_000_000), { memoryMiB: 48 })).rejects.toMatchObject({ code: 'run-failed' })
  })

  it('asks in between which cells may not be shown, and goes on without them', async () => {
    const { folder, question } = await freshRun('SELECT kind FROM cells WHERE m > 0 ORDER BY kind')
    const table = {
      create: 'CREATE TEMP TABLE cells AS SELECT kind, count(*) AS m FROM people GROUP BY kind',
      read: ['SELECT rowid, CAST(m AS VARCHAR), CAST(kind AS VARCHAR) FROM cells'],
      hide: ['UPDATE cells SET m = 0 WHERE rowid IN'],
    }
    const asked: unknown[] = []
    const ask = async (compare: Compare, comparisons = [table]) =>
      startChild(limits, confinement, folder).run({ ...question, comparisons }, new AbortController().signal, { compare })
    const { rowCount } = await ask(async (index, cells) => {
      asked.push([index, cells[0]?.map(([, ...texts]) => texts).sort()])
      return [(cells[0] ?? []).filter(([, , kind]) => kind === '1').map(([row]) => row)]
    })
    expect(rowCount).toBe(2)
    expect(await inEngine(`SELECT * FROM '${folder.result}'`)).toEqual([['0'], ['2']])
    expect(asked).toEqual([[0, [0, 1, 2].map((kind) => ['100', `${kind}`])]])
    const failing = ask(() => Promise.reject(new Error('no history')))
    await expect(failing).rejects.toMatchObject({ code: 'run-failed', message: 'the run failed' })
    const words = { ...table, read: ["SELECT rowid, 'secret' FROM cells"] }
    await expect(ask(async () => [[]], [words])).rejects.toMatchObject({ code: 'run-failed' })
  })

  it('tells the parent exact cells, keeps none of them, and goes on with the noisy ones', async () => {
    const noise = {
      read: ['SELECT CAST(kind AS VARCHAR), CAST(count(*) AS VARCHAR) FROM people GROUP BY kind ORDER BY kind', 'SELECT NULL'],
      create: ['CREATE TEMP TABLE noisy (kind BIGINT, n BIGINT)', 'CREATE TEMP TABLE texts (kind VARCHAR, n VARCHAR)'],
      texts: 'texts',
      fill: ['INSERT INTO noisy SELECT TRY_CAST(kind AS BIGINT), TRY_CAST(n AS BIGINT) FROM texts', 'DROP TABLE texts'],
    }
    const heard: unknown[] = []
    const ask = async (sql: string, addNoise: AddNoise | undefined) => {
      const { folder, question } = await freshRun(sql)
      const child = startChild(limits, confinement, folder)
      const { rowCount } = await child.run({ ...question, noise: [noise] }, new AbortController().signal, { addNoise })
      return { rowCount, rows: await inEngine(`SELECT * FROM '${folder.result}' ORDER BY ALL`) }
    }
    const addNoise: AddNoise = (_, exact) => {
      heard.push(exact)
      return [...(exact[0] ?? []).map(([kind = null]) => [kind, '-7']), [null, 'no number']]
    }
    const { rowCount, rows } = await ask('SELECT kind, n FROM noisy', addNoise)
    expect([rowCount, rows]).toEqual([
      4,
      [
        ['0', '-7'],
        ['1', '-7'],
        ['2', '-7'],
        [null, null],
      ],
    ])
    expect(heard).toEqual([
      [
        [
          ['0', '100'],
          ['1', '100'],
          ['2', '100'],
        ],
        [[null]],
      ],
    ])
    // the only tables that a result could read
    const tables = "SELECT string_agg(table_name, ',' ORDER BY table_name) AS t FROM duckdb_tables()"
    expect((await ask(tables, addNoise)).rows).toEqual([['noisy']])
    const failing = [
      undefined,
      () => {
        throw new Error('the cell of 42 is not clamped')
      },
    ] as const
    for (const answer of failing) {
      const failure = await ask('SELECT 1 AS one', answer).catch((error: Error) => error)
      expect(failure).toMatchObject({ code: 'run-failed', message: 'the run failed' })
      expect(failure).not.toHaveProperty('cause')
    }
  })

  it('fails with one code and no word about why', async () => {
    const failures = await Promise.all(
      [
        ["SELECT error('x' || id) FROM people"],
        ["SELECT CAST('secret' AS INTEGER)"],
        ['nonsense'],
        ['SELECT repeat(md5(i::VARCHAR), 99) AS x FROM range(90000) t(i)'],
        [forever, { timeoutMs: 800 }],
      ].map(([sql, overrides]) => run(sql as string, overrides as Partial<ChildLimits>).catch((error: Error) => error)),
    )
    const told = failures.map((error) => (error instanceof Error ? [error.name, error.message, error.cause] : 'no failure'))
    expect(told).toEqual(failures.map(() => ['ReinraumError', 'the run failed', undefined]))
  })

  it('fails for a result that is too long, also where the host limits no files', async () => {
    const { folder, question } = await freshRun('SELECT md5(i::VARCHAR) AS x FROM range(9000) t(i)')
    const nothing: Confinement = { namespaces: false, resourceLimits: false, privileges: false, privateRoot: undefined }
    const child = startChild({ ...limits, resultBytes: 65_536 }, nothing, folder)
    await expect(child.run(question, new AbortController().signal)).rejects.toMatchObject({ code: 'run-failed' })
    expect((await readFile(folder.result)).length).toBeGreaterThan(65_536)
  })

  it('is killed at its time limit, and nothing of it stays', async () => {
    const { folder, question } = await freshRun(forever)
    const child = startChild({ ...limits, timeoutMs: 200 }, confinement, folder)
    // It has begun, however long that took: the limit is on the run.
    await seen()
    await expect(child.run(question, new AbortController().signal)).rejects.toMatchObject({ code: 'run-failed' })
    await expect.poll(() => children()).toEqual([])
  })

  it('is killed when the run is stopped', async () => {
    const stop = new AbortController()
    const running = run(forever, {}, stop.signal).catch((error: unknown) => error)
    await seen()
    stop.abort()
    expect(await running).toMatchObject({ code: 'run-cancelled' })
    await expect.poll(() => children()).toEqual([])
  })

  it('ends unused when its run does not come to the query', async () => {
    const { folder } = await freshRun('')
    const child = startChild(limits, confinement, folder)
    await seen()
    child.discard()
    await expect.poll(() => children()).toEqual([])
  })

  it.runIf(confinement.privateRoot !== undefined)('has no network, no capability and no environment of its own', async () => {
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
  })

  it.runIf(confinement.privileges)('does not outlive a parent that is killed', async () => {
    const module = new URL('./spawn.ts', import.meta.url).href
    const { folder, question } = await freshRun(forever)
    const given = [limits, confinement, folder].map((value) => JSON.stringify(value)).join(', ')
    const script = `
      const { startChild } = await import(${JSON.stringify(module)})
      await startChild(${given}).run(${JSON.stringify(question)}, new AbortController().signal)`
    const parent = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', script], { stdio: 'ignore' })
    const pid = await seen(parent.pid)
    parent.kill('SIGKILL')
    await expect.poll(() => isQueryProcess(pid)).toBe(false)
  })

  it('refuses a job that is none', async () => {
    const { folder } = await freshRun('')
    const broken = { datasets: 7, sql: 'SELECT 1' } as unknown as Question
    await expect(startChild(limits, confinement, folder).run(broken, new AbortController().signal)).rejects.toMatchObject({
      code: 'run-failed',
    })
  })
})
