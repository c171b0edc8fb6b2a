import { readdir, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { commandLine } from '../../harness/command-line.ts'
import { withShortFiles } from '../../harness/short-files.ts'
import { type Life, text } from './life.ts'

/** Whatever does not work says so in one sentence. */
export function badInputIsRefused({ as, at, known, offline, rooms }: Life): void {
  const seal = (file: string, state = 'state') => [
    ...['dataset', 'seal', at(file), '--contract', at('contract.json')],
    ...['--slot', 'visits', '--state', at(state)],
  ]
  const versions = async () => (await as.analyst.json('dataset', 'list', '--contract', known.contract)).value.manifests

  it.each([
    ['an empty file', 'empty.csv', '', 'unreadable-input', 'is empty'],
    ['a file of another kind', 'visits.xlsx', 'PK', 'unreadable-input', 'neither .parquet'],
    ['columns that are not the slot’s', 'short.csv', 'person,cost\na,1\n', 'schema-mismatch', 'lacks the columns district, note'],
    [
      'values of another type',
      'typed.csv',
      'person,district,cost,note\na,b,canary,d\n',
      'schema-mismatch',
      'cost: 1 values are no BIGINT',
    ],
  ])('%s is not sealed', async (_, name, content, code, sentence) => {
    const before = await versions()
    await writeFile(at(name), content)
    const { exitCode, value } = await as.health.json(...seal(name))
    expect({ exitCode, code: value.error?.code }).toEqual({ exitCode: 1, code })
    expect(text(value.error?.message)).toContain(sentence)
    expect(text(value.error?.message)).not.toContain('canary')
    expect(await readdir(at('state'))).toEqual([])
    expect(await versions()).toEqual(before)
  })

  it.each([
    ['an order of a column that is not the slot’s', ['--cluster-by', 'age'], 'slot visits declares no such column'],
    ['bounds that the rule does not have', ['--within-bounds'], 'the rule of visits has no maxRowsPerUnit to stay within'],
    ['memory that is none', ['--memory', '12 GB'], '12 GB are no MiB of memory'],
  ])('%s is refused', async (_, options, sentence) => {
    const { exitCode, value } = await as.health.json(...seal('visits.csv'), ...options)
    expect({ exitCode, code: value.error?.code }).toEqual({ exitCode: 1, code: 'invalid-argument' })
    expect(text(value.error?.message)).toContain(sentence)
  })

  it('a file with a column type that the engine cannot convert is not sealed', async () => {
    await writeFile(at('nested.json'), JSON.stringify([{ person: 'a', district: 'b', cost: { amount: [1, 2] }, note: 'canary' }]))
    const { exitCode, value } = await as.health.json(...seal('nested.json'))
    expect({ exitCode, code: value.error?.code }).toEqual({ exitCode: 1, code: 'schema-mismatch' })
    expect(text(value.error?.message)).not.toContain('canary')
    expect(await readdir(at('state'))).toEqual([])
  })

  it('a disk that fills while a file is sealed is said to be full', async () => {
    const note = () => crypto.randomUUID()
    const rows = Array.from({ length: 5000 }, () => `${note()},north,1,${note()}`)
    await writeFile(at('long.csv'), ['person,district,cost,note', ...rows].join('\n'))
    const answer = await withShortFiles({ room: rooms.room.roomFile, identity: at('health.json') }, seal('long.csv', 'small'))
    expect(answer).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/^reinraum: no room left for .+ \(storage-full\)\n$/m),
    })
    expect(await readdir(at('small'))).toEqual([])
  })

  it('a stranger is told nothing of a contract, and a member’s file is of no use to one', async () => {
    await offline('identity', 'create', '--out', at('stranger.json'))
    const stranger = commandLine({ room: rooms.room.roomFile, identity: at('stranger.json') })
    const code = async (...argv: string[]) => (await stranger.json(...argv)).value.error?.code
    expect(await code('contract', 'show', known.contract)).toBe('not-found')
    expect(await code('run', 'status', known.run)).toBe('not-found')
    expect(await code(...seal('visits.csv'))).toBe('unknown-member')
  })

  it('a service that restarts is waited for, one that does not is named', async () => {
    await rooms.room.kill('governance')
    const gone = await as.analyst('run', 'status', known.run)
    expect(gone).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/^reinraum: governance: .+ is not reachable \(unavailable\)\n$/),
    })
    const restarted = rooms.room.restart('governance')
    let answer = await as.analyst('run', 'status', known.run)
    // A machine with too much to do may take longer to start a process than one command waits.
    if (answer.exitCode !== 0) {
      await restarted
      answer = await as.analyst('run', 'status', known.run)
    }
    expect(answer).toMatchObject({ exitCode: 0, out: expect.stringContaining('completed') })
    await restarted
  })
}
