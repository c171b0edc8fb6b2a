import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  cancelRun,
  getRun,
  proposeQuery,
  type QueryDraft,
  readLedgers,
  revoke,
  sealDataset,
  startRun,
  waitForRun,
} from '@reinraum/client'
import { type Contract, parseStatement, type Slot } from '@reinraum/statements'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { approve, type CleanRoom, propose, sealBoth, settle, start as startIn } from '../harness/clean-room.ts'
import { freezing, releasesOf } from '../harness/runs-in-flight.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

// Two registers with a budget each, at two key services: health-keys is asked first, shared-keys after it. Two
// executors share the work.

const rooms = useCleanRooms({ executors: 2, redeliverAfterMs: 7_000 })
const executors = ['executor', 'executor/2']
const both: QueryDraft = {
  title: 'Work beside care',
  purpose: 'How many do both',
  sql: 'SELECT w.district, count(*) AS n FROM work w JOIN care c ON w.person = c.person GROUP BY 1 ORDER BY 1',
  parameters: [],
  privacy: { epsilon: 0.6, delta: 0 },
}

let clean: CleanRoom
let queryId: string

/** Registers of 100 people: care at health-keys, with enough ε for all runs, and work at shared-keys, with enough for four. */
beforeAll(async () => {
  clean = await rooms.open({ change: linking })
  const people = Array.from({ length: 100 }, (_, i) => `p${i},${i % 2 === 0 ? 'north' : 'south'}`)
  await Promise.all([
    sealRegister('survey', 'work', ['person,district', ...people]),
    sealRegister('health', 'care', ['person,days', ...people.map((_, i) => `p${i},3`)]),
  ])
  queryId = await proposeQuery(clean.sessions.analyst, clean.contract, both)
  await approve(clean, queryId)
}, 60_000)

function linking(contract: Contract): Contract {
  const slots = contract.slots.map((slot) =>
    slot.owner === 'survey'
      ? register(slot, 'work', 2.5, 'district', { dimension: true, domain: ['north', 'south'] })
      : register(slot, 'care', 9, 'days', { aggregate: ['avg'], bounds: [0, 90] }),
  )
  // Each run fetches all that it reads, so that one can be held up there.
  return { ...contract, slots, cache: 'never', results: { recipients: ['analyst'], reviewers: [] } }
}

function register(slot: Slot, id: string, budget: number, column: string, rule: Slot['rule']['columns'][string]): Slot {
  return {
    ...slot,
    id,
    schema: {
      columns: [
        { name: 'person', type: 'VARCHAR' },
        { name: column, type: rule.dimension === true ? 'VARCHAR' : 'BIGINT' },
      ],
    },
    rule: {
      ...slot.rule,
      modes: ['aggregation'],
      privacyUnit: { column: 'person', maxRowsPerUnit: 1, maxGroupsPerUnit: 1 },
      columns: { person: { join: true }, [column]: rule },
      output: { minimumGroupSize: 5, maxRows: 100 },
      differentialPrivacy: {
        ...{ epsilonBudget: budget, deltaBudget: 0, maxEpsilonPerQuery: 0.6 },
        ...{ mechanism: 'discreteLaplace', accounting: 'basic', refresh: 'never' },
      },
    },
  }
}

async function sealRegister(owner: 'survey' | 'health', slot: string, lines: readonly string[]): Promise<void> {
  const file = join(clean.directory, `${slot}.csv`)
  await writeFile(file, `${lines.join('\n')}\n`)
  const stateDirectory = join(clean.directory, 'state', owner)
  const lineage = { dataset: slot, periods: [1] }
  await sealDataset(clean.sessions[owner], { contract: clean.contract, slot, file, stateDirectory, lineage })
}

const start = () => startRun(clean.sessions.analyst, clean.contract, { queryId, parameters: {} })
const end = (runId: string) => waitForRun(clean.sessions.analyst, runId, { signal: AbortSignal.timeout(60_000) })

/** Which runs each ledger was debited for. */
async function debited(): Promise<{ readonly care: readonly string[]; readonly work: readonly string[] }> {
  const ledgers = await readLedgers(clean.sessions.analyst, clean.contract)
  const runsOf = (slot: string) =>
    ledgers.flatMap((ledger) => (ledger.slot === slot ? ledger.entries.map(({ event }) => event?.run ?? 'unknown') : []))
  return { care: runsOf('care'), work: runsOf('work') }
}

/** What the log of a key service says of a run. */
async function decisions(party: 'health' | 'survey', runId: string) {
  const keys = clean.sessions[party].keyService(party === 'health' ? 'health-keys' : 'shared-keys')
  const { releases } = await keys.listReleases({ contractId: clean.contract.id })
  return releases.flatMap((bytes) => {
    const { document } = parseStatement(bytes)
    return document.kind === 'reinraum/release/v1' && document.run === runId ? [document.outcome] : []
  })
}

/** The runs that were debited so far, at both key services. */
const spent: string[] = []
afterEach(async () => {
  expect(await debited()).toEqual({ care: spent, work: spent })
})

describe('of two key services with ledgers, both debit', () => {
  it('a run that has a result', async () => {
    const runId = await start()
    spent.push(runId)
    expect(await end(runId)).toMatchObject({ state: 'completed', reason: '' })
  })

  it('a run whose executor is killed, once: it is not started over, and says so', async () => {
    const ingestion = rooms.room.services.get('ingestion')?.pid ?? 0
    // Stopped in its tracks, ingestion lets a run wait for ciphertext.
    process.kill(ingestion, 'SIGSTOP')
    try {
      const runId = await start()
      spent.push(runId)
      await expect.poll(debited, { timeout: 60_000 }).toEqual({ care: spent, work: spent })
      await Promise.all(executors.map((name) => rooms.room.kill(name)))
      process.kill(ingestion, 'SIGCONT')
      await Promise.all(executors.map((name) => rooms.room.restart(name)))
      expect(await end(runId)).toMatchObject({ state: 'failed', reason: 'budget-spent' })
    } finally {
      process.kill(ingestion, 'SIGCONT')
    }
  })

  it('a run that meets a service which is away, once: it waits for it', async () => {
    await rooms.room.kill('ingestion')
    const runId = await start()
    spent.push(runId)
    await expect.poll(debited, { timeout: 60_000 }).toEqual({ care: spent, work: spent })
    await rooms.room.restart('ingestion')
    expect(await end(runId)).toMatchObject({ state: 'completed', reason: '' })
  })

  it('one of two runs at once, with a budget for one of them', async () => {
    const runs = await Promise.all([start(), start()])
    const states = () => Promise.all(runs.map(async (run) => (await getRun(clean.sessions.analyst, run)).state))
    await expect.poll(async () => (await states()).toSorted(), { timeout: 60_000 }).toEqual(['completed', 'failed'])
    const [winner = '', loser = ''] = (await states())[0] === 'completed' ? runs : runs.toReversed()
    spent.push(winner)
    expect(await getRun(clean.sessions.analyst, loser)).toMatchObject({ reason: 'budget-exhausted' })
  })
})

it('none debits a run that the second refuses, though the first has enough left', async () => {
  const runId = await start()
  expect(await end(runId)).toMatchObject({ state: 'failed', reason: 'budget-exhausted' })
  expect(await decisions('health', runId)).toEqual([])
  expect(await decisions('survey', runId)).toMatchObject([
    { decision: 'denied', reason: 'budget-exhausted', budget: [{ slot: 'work', fits: { epsilon: 100_000 } }] },
  ])
})

it('two executors have one run each, and whichever has it hears that it was cancelled or its approval revoked', async () => {
  const shared = await rooms.open()
  const { analyst, health } = shared.sessions
  await sealBoth(shared)
  const query = await propose(shared)
  const [approval = ''] = await approve(shared, query)
  const [one, other] = await freezing(rooms.room, async () => {
    const ids = [await startIn(shared, query), await startIn(shared, query)] as const
    await expect.poll(() => releasesOf(shared)).toBe(2)
    expect((await cancelRun(analyst, ids[0])).state).toBe('cancelled')
    await revoke(health, shared.contract, { type: 'approval', approval }, 'stop')
    expect(await settle(shared, ids[1])).toMatchObject({ state: 'failed', reason: 'approval-revoked' })
    return ids
  })
  const next = await propose(shared)
  await approve(shared, next)
  const free = [await startIn(shared, next), await startIn(shared, next)]
  for (const runId of free) expect((await settle(shared, runId)).state).toBe('awaiting-review')
  for (const runId of [one, other])
    await expect(analyst.release.getResult({ runId })).rejects.toMatchObject({ code: 'not-found' })
  expect((await getRun(analyst, one)).state).toBe('cancelled')
})
