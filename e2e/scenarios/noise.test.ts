import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkQuery, listManifests, openResult, readTable, waitForRun } from '@reinraum/client'
import { digestId, utf8 } from '@reinraum/crypto'
import { parseStatement, type Query, signerOf, signStatement } from '@reinraum/statements'
import { beforeAll, expect, it } from 'vitest'
import { type CleanRoom, propose, start } from '../harness/clean-room.ts'
import type { CommandLine } from '../harness/command-line.ts'
import { noisyVisits, terminalOf, visitsFor } from '../harness/noisy-visits.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'
import { visitsCsv } from '../harness/visits.ts'

const rooms = useCleanRooms()
let clean: CleanRoom
let sealed: string
let as: Readonly<Record<'analyst' | 'outsider' | 'health', CommandLine>>

beforeAll(async () => {
  clean = await rooms.open({ change: noisyVisits })
  as = {
    analyst: await terminalOf(clean, 'analyst'),
    outsider: await terminalOf(clean, 'outsider'),
    health: await terminalOf(clean, 'health'),
  }
  sealed = await seal('visits.csv', visitsCsv())
}, 180_000)

/** @returns what the owner is told at a terminal */
async function seal(name: string, csv: string, ...further: readonly string[]): Promise<string> {
  const file = join(clean.directory, name)
  await writeFile(file, csv)
  const options = ['--contract', clean.contract.id, '--slot', 'visits', '--dataset', 'visits', ...further]
  const { exitCode, out, err } = await as.health('dataset', 'seal', file, ...options, '--state', join(clean.directory, 'state'))
  expect({ exitCode, err }).toMatchObject({ exitCode: 0 })
  return out
}

/** The digest of what the analyst is shown that runs. */
async function shownSql(epsilon: number): Promise<string> {
  const file = join(clean.directory, 'visits.sql')
  await writeFile(file, visitsFor(epsilon).sql)
  const check = ['query', 'check', file, '--contract', clean.contract.id, '--epsilon', `${epsilon}`]
  return digestId(utf8(`${(await as.analyst.json(...check)).value.rewrittenSql}`))
}

/** The same of what would run if the owner stated nothing. */
async function sqlWithoutStatement(epsilon: number): Promise<string> {
  const verdict = await checkQuery(clean.contract.document.slots, visitsFor(epsilon))
  return verdict.verdict === 'allowed' ? digestId(utf8(verdict.rewrittenSql)) : expect.fail(JSON.stringify(verdict))
}

it('the owner is told how many rows a person has, and everyone that nobody has more than the rule counts', async () => {
  expect(sealed).toContain('no person has more than 2 rows; the rule counts at most 2\n')
  const [manifest] = await listManifests(clean.sessions.analyst, clean.contract)
  expect(manifest?.document.unit).toEqual({ column: 'person', rowsAtMost: 2 })
})

it('a result comes out with noise and intervals, and costs what the query says', async () => {
  const runId = await start(clean, await propose(clean, visitsFor(8)), { parameters: {} })
  const ended = await waitForRun(clean.sessions.analyst, runId, { signal: AbortSignal.timeout(60_000) })
  expect(ended).toMatchObject({ state: 'completed', reason: '' })
  const file = join(clean.directory, 'noisy.parquet')
  const { receiptBundle, verification } = await openResult(clean.sessions.analyst, clean.contract, runId, file)
  await writeFile(join(clean.directory, 'receipt.json'), receiptBundle)
  // The enclave goes by the owner's statement, and runs what the analyst was shown.
  expect(verification.receipt?.document.rewrittenSql).toBe(await shownSql(8))
  expect(await shownSql(8)).not.toBe(await sqlWithoutStatement(8))
  const { columns, rows } = await readTable(file)
  expect(columns).toEqual(['district', 'visits', 'visits_low', 'visits_high'])
  // two people in the west and nobody abroad: a scale of 1/4 makes no ten of them
  expect(rows.map(([district]) => district)).toEqual(['east', 'north', 'south'])
  for (const [district, visits, low, high] of rows) {
    // of a scale of 1/2: 20 off happens once in 10¹⁷ runs
    expect(Math.abs(Number(visits) - (district === 'south' ? 40 : 38))).toBeLessThan(20)
    // more than 1 off happens in 3 % of draws
    expect(Number(high) - Number(low)).toBe(2)
  }
  const { releases } = await clean.sessions.health.keyService('health-keys').listReleases({ contractId: clean.contract.id })
  expect(releases.map((bytes) => parseStatement(bytes).document)).toMatchObject([{ outcome: { decision: 'released' } }])
}, 120_000)

it('the receipt names the noise exactly, which any partner plans again offline', async () => {
  const receipt = join(clean.directory, 'receipt.json')
  const { exitCode, out } = await as.outsider('receipt', 'verify', receipt)
  expect(exitCode).toBe(0)
  expect(out).toContain('✓ noise: enough for what was debited, and planned again here from the rules and the query\n')
  // ε 8: half for the rows, of which one person has two, and half for the threshold on people.
  expect(out).toContain('discrete Laplace of scale 1/2; one unit moves it by at most 2; ε 4\n')
  expect(out).toContain('  visits computed from ')
  expect(out).toContain('  groups come out where units is at least 10\n')
  const { value } = await as.outsider.json('receipt', 'verify', receipt)
  expect(value.receipt?.noise?.[0]?.columns).toMatchObject([{ scale: '1/2' }, { scale: '1/4' }])
  // Where people are from, and how many, is in no receipt.
  expect(JSON.stringify(value)).not.toMatch(/north|abroad/)
}, 60_000)

it('what spends more than one query may is not even proposed, nor what says nothing of it', async () => {
  await expect(propose(clean, visitsFor(8.5))).rejects.toMatchObject({
    code: 'guard-refused',
    message: expect.stringContaining('an epsilon of 8 fits'),
  })
  const { privacy: _, ...silent } = visitsFor(1)
  await expect(propose(clean, silent)).rejects.toMatchObject({
    code: 'guard-refused',
    message: expect.stringContaining('asks for noise'),
  })
})

it('a run for which too little is left says at a terminal what is left and what would fit, to members only', async () => {
  const queryId = await propose(clean, visitsFor(4))
  const contract = ['--contract', clean.contract.id]
  const text = await as.analyst('run', 'start', queryId, ...contract, '--wait')
  expect(text.exitCode).toBe(2)
  expect(text.out).toContain('reason   budget-exhausted\n')
  expect(text.out).toContain('budget   visits: visits, part 1, at health-keys: ε 2, δ 0 left; a query with ε 2 would fit\n')
  const runId = /^run +(\S+)/m.exec(text.out)?.[1] ?? expect.fail()
  const { exitCode, value } = await as.analyst.json('run', 'status', runId)
  expect(exitCode).toBe(2)
  expect(value).toMatchObject({ state: 'failed', reason: 'budget-exhausted' })
  expect(value.budget).toEqual([
    {
      ...{ keyService: 'health-keys', slot: 'visits', dataset: 'visits', period: 1, accounting: 'basic' },
      left: { epsilon: 2_000_000, delta: 0 },
      fits: { epsilon: 2, delta: 0 },
    },
  ])
  const stranger = await as.outsider('run', 'status', runId)
  expect(stranger).toMatchObject({ exitCode: 1, out: '', err: 'reinraum: no such run (not-found)\n' })
}, 60_000)

it('query check says before anything is proposed what is left, what a query costs, and how many fit', async () => {
  const file = join(clean.directory, 'visits.sql')
  await writeFile(file, visitsFor(1).sql)
  const check = (epsilon: string, ...more: string[]) =>
    as.analyst('query', 'check', file, '--contract', clean.contract.id, '--epsilon', epsilon, ...more)
  const tooMuch = await check('4', '--budget')
  expect(tooMuch.exitCode).toBe(2)
  expect(tooMuch.out).toContain(
    [
      'Budget:',
      '  visits: visits, part 1, at health-keys',
      '    left   ε 2, δ 0, of ε 10, δ 0',
      '    costs  ε 4, δ 0',
      '    fits   NO: a query with ε 2 would fit\n',
    ].join('\n'),
  )
  expect(await check('4')).toMatchObject({ exitCode: 0, out: expect.not.stringContaining('Budget:') })
  expect(await check('0.6', '--budget')).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('fits   yes, 3 such queries\n'),
  })
  const { exitCode, value } = await as.analyst.json(
    ...['query', 'check', file, '--contract', clean.contract.id, '--epsilon', '2', '--budget'],
  )
  expect(exitCode).toBe(0)
  expect(value.budget).toMatchObject({ fits: true, unsealed: [] })
  expect(value.budget?.ledgers).toMatchObject([
    { verified: true, cost: { epsilon: 2_000_000 }, fits: true, times: 1, wouldFit: null },
  ])
  // Nobody reads a ledger on behalf of a draft, and no stranger reads one at all.
  const loose = await as.analyst('query', 'check', file, '--budget')
  expect(loose).toMatchObject({ exitCode: 1, err: expect.stringContaining('--budget needs --contract') })
  const stranger = await as.outsider('query', 'check', file, '--contract', clean.contract.id, '--epsilon', '1', '--budget')
  expect(stranger).toMatchObject({ exitCode: 1, out: '', err: 'reinraum: no such contract (not-found)\n' })
}, 60_000)

it('a total beside its parts is measured by itself, and both cost together what is debited', async () => {
  const sql = 'SELECT district, count(*) AS visits FROM visits GROUP BY ROLLUP (district) ORDER BY district NULLS FIRST'
  const runId = await start(clean, await propose(clean, { ...visitsFor(2), sql }), { parameters: {} })
  const ended = await waitForRun(clean.sessions.analyst, runId, { signal: AbortSignal.timeout(60_000) })
  expect(ended).toMatchObject({ state: 'completed', reason: '' })
  const file = join(clean.directory, 'totals.parquet')
  const { receiptBundle, verification } = await openResult(clean.sessions.analyst, clean.contract, runId, file)
  const { columns, rows } = await readTable(file)
  expect(columns).toEqual(['district', 'visits', 'visits_low', 'visits_high'])
  // 120 visits of 60 people, with a scale of 4; which parts have noisy people enough is another matter
  expect(rows[0]?.[0]).toBeNull()
  expect(Math.abs(Number(rows[0]?.[1]) - 120)).toBeLessThan(100)
  for (const [district] of rows.slice(1)) expect(['abroad', 'east', 'north', 'south', 'west']).toContain(district)
  const noise = verification.receipt?.document.noise ?? expect.fail()
  expect(noise.map(({ groups }) => groups)).toEqual([[], ['district']])
  // rows and people, twice
  expect(noise.flatMap((table) => table.columns.map(({ epsilon, scale }) => [epsilon, scale]))).toEqual(
    [0, 1].flatMap(() => [
      ['1/2', '4'],
      ['1/2', '2'],
    ]),
  )
  const { releases } = await clean.sessions.health.keyService('health-keys').listReleases({ contractId: clean.contract.id })
  const outcomes = releases.map((bytes) => parseStatement(bytes).document).flatMap((d) => ('outcome' in d ? [d] : []))
  expect(outcomes.find((d) => 'run' in d && d.run === runId)).toMatchObject({
    outcome: { decision: 'released', ledger: [{ charge: { epsilon: 2_000_000, delta: 0 }, spent: { epsilon: 10_000_000 } }] },
  })
  const receipt = join(clean.directory, 'totals.json')
  await writeFile(receipt, receiptBundle)
  const told = await as.outsider('receipt', 'verify', receipt)
  expect(told).toMatchObject({ exitCode: 0, out: expect.stringContaining('planned again here from the rules and the query') })
}, 120_000)

it('query propose refuses an epsilon over the maximum with the maximum in its message, and records nothing', async () => {
  const file = join(clean.directory, 'dear.sql')
  await writeFile(file, visitsFor(1).sql)
  const propose = ['query', 'propose', file, '--contract', clean.contract.id, '--title', 'Dear', '--purpose', 'Too much']
  const { exitCode, err } = await as.analyst(...propose, '--epsilon', '8.000001')
  expect(exitCode).toBe(2)
  expect(err).toContain('an epsilon of 8 fits')
  expect((await as.analyst('query', 'list', '--contract', clean.contract.id)).out).not.toContain('Dear')
})

it('whoever goes around the command line is refused by governance, with the maximum, before anything is queued', async () => {
  const signer = signerOf(clean.identities.analyst)
  const document: Query = {
    ...{ kind: 'reinraum/query/v1', contract: clean.contract.id, by: 'analyst', ...visitsFor(8.000001), slots: ['visits'] },
    createdAt: new Date().toISOString(),
  }
  const step = clean.sessions.analyst.governance.proposeQuery({ query: await signStatement(document, signer) })
  await expect(step).rejects.toMatchObject({
    code: 'privacy-over-maximum',
    message: 'privacy.epsilon: is more than visits allows one query; write 8 at most',
  })
})

it('a version in which somebody has more rows than the rule counts states nothing, and its owner is warned', async () => {
  const [, first = ''] = visitsCsv().split('\n')
  const out = await seal('more.csv', `${visitsCsv()}${first}\n`)
  expect(out).toContain('WARNING: a person has 3 rows; the rule counts at most 2, and results leave the others out\n')
  const newest = (await listManifests(clean.sessions.analyst, clean.contract)).at(-1)
  expect(newest?.document).toMatchObject({ version: 2, slot: 'visits' })
  expect(newest?.document).not.toHaveProperty('unit')
  expect(await shownSql(8)).toBe(await sqlWithoutStatement(8))
}, 60_000)

it('a version that was kept within the bounds says so, and only its owner learns how much was left out', async () => {
  const [, first = ''] = visitsCsv().split('\n')
  const out = await seal('most.csv', `${visitsCsv()}${first}\n`, '--within-bounds')
  expect(out).toContain('1 row was left out; no person has more than 2 rows; the rule counts at most 2\n')
  const newest = (await listManifests(clean.sessions.analyst, clean.contract)).at(-1)
  expect(newest?.document).toMatchObject({ version: 3, rowCount: 120, unit: { column: 'person', rowsAtMost: 2 } })
  expect(newest?.document).not.toHaveProperty('leftOut')
}, 60_000)
