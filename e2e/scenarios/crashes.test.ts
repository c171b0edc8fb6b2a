import { setTimeout as sleep } from 'node:timers/promises'
import { readTable } from '@reinraum/client'
import { beforeAll, describe, expect, it } from 'vitest'
import { type CleanRoom, readyToRun, reviewAndOpen, settle, start } from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'
import { expectedAnswer } from '../harness/visits.ts'

const rooms = useCleanRooms()
let clean: CleanRoom
let queryId: string

beforeAll(async () => {
  // Each run fetches all that it reads, so that one can be held up there.
  clean = await rooms.open({ change: (contract) => ({ ...contract, cache: 'never' }) })
  queryId = await readyToRun(clean, { maximumRuns: 100 })
}, 180_000)

/** How often each key service released for the run: every attempt of an executor is an entry, one debit in all. */
async function debits(runId: string): Promise<number[]> {
  const counts: number[] = []
  for (const [party, service] of [
    ['health', 'health-keys'],
    ['survey', 'shared-keys'],
  ] as const) {
    const { releases } = await clean.sessions[party].keyService(service).listReleases({ contractId: clean.contract.id })
    const documents = releases.map((bytes) => {
      const { payload } = JSON.parse(Buffer.from(bytes).toString()) as { payload: string }
      return JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
        run: string
        outcome: { decision: string; runs?: { before: number; after: number }[] }
      }
    })
    const own = documents.filter(({ run, outcome }) => run === runId && outcome.decision === 'released')
    counts.push(own.flatMap(({ outcome }) => outcome.runs ?? []).reduce((sum, { before, after }) => sum + after - before, 0))
  }
  return counts
}

async function expectOneResult(runId: string): Promise<void> {
  expect((await settle(clean, runId)).state).toBe('awaiting-review')
  const opened = await reviewAndOpen(clean, runId)
  expect((await readTable(opened.file)).rows).toEqual(expectedAnswer(0).map((row) => [...row]))
  expect(await debits(runId)).toEqual([1, 1])
}

describe('killed in the middle of a run and started again,', () => {
  it.each([
    ['executor', 150],
    ['governance', 100],
    ['ingestion', 200],
    ['keys/health-keys', 200],
    ['keys/shared-keys', 200],
    ['release', 300],
    ['nats', 200],
  ])('%s (after %i ms) leaves exactly one result', async (name, afterMs) => {
    const runId = await start(clean, queryId)
    await sleep(afterMs)
    await rooms.room.kill(name)
    await rooms.room.restart(name)
    await expectOneResult(runId)
  })

  it('an executor that has its keys already leaves exactly one result', async () => {
    // Stopped in its tracks, ingestion lets a run wait for ciphertext.
    const ingestion = rooms.room.services.get('ingestion')?.pid ?? 0
    process.kill(ingestion, 'SIGSTOP')
    try {
      const runId = await start(clean, queryId)
      await expect.poll(() => debits(runId), { timeout: 60_000 }).toEqual([1, 1])
      await rooms.room.kill('executor')
      process.kill(ingestion, 'SIGCONT')
      await rooms.room.restart('executor')
      await expectOneResult(runId)
    } finally {
      process.kill(ingestion, 'SIGCONT')
    }
  })
})
