import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { getRun, revoke } from '@reinraum/client'
import { afterEach, expect, it } from 'vitest'
import {
  approve,
  type CleanRoom,
  propose,
  query,
  readyToRun,
  reviewAndOpen,
  sealBoth,
  settle,
  start,
} from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms()

function signalIngestion(signal: 'SIGSTOP' | 'SIGCONT'): void {
  const pid = rooms.room.services.get('ingestion')?.pid
  if (pid === undefined) throw new Error('no ingestion service')
  process.kill(pid, signal)
}

afterEach(() => signalIngestion('SIGCONT'))

/** Decrypted files that the executor has between runs, of all contracts in the room. */
function keptFiles(): readonly string[] {
  const config = readFileSync(join(rooms.room.directory, 'services', 'executor', 'config.json'), 'utf8')
  // Where it has memory of its own, it is to be seen by its process alone.
  const root = `/proc/${rooms.room.services.get('executor')?.pid}/root`
  const scratch = join(root, (JSON.parse(config) as { readonly scratch: string }).scratch)
  const folders = readdirSync(scratch).filter((name) => name.startsWith('kept-'))
  expect(folders).toHaveLength(1)
  return folders.flatMap((name) => readdirSync(join(scratch, name)))
}

async function firstRun(clean: CleanRoom, queryId: string) {
  const runId = await start(clean, queryId)
  expect((await settle(clean, runId)).state).toBe('awaiting-review')
  return reviewAndOpen(clean, runId)
}

it('a later run of a contract asks for its keys and fetches nothing again, until something is revoked', async () => {
  const clean = await rooms.open()
  await sealBoth(clean)
  const queryId = await propose(clean)
  await approve(clean, queryId, { maximumRuns: 5 })
  const [other = ''] = await approve(clean, await propose(clean, { ...query, title: 'Another question' }))
  const others = keptFiles()
  const ofThis = () => keptFiles().filter((name) => !others.includes(name))
  const first = await firstRun(clean, queryId)
  expect(ofThis()).toHaveLength(2)

  signalIngestion('SIGSTOP')
  const again = await start(clean, queryId)
  expect((await settle(clean, again)).state).toBe('awaiting-review')
  signalIngestion('SIGCONT')
  const second = await reviewAndOpen(clean, again)
  expect(readFileSync(second.file)).toEqual(readFileSync(first.file))
  const { releases } = await clean.sessions.health.keyService('health-keys').listReleases({ contractId: clean.contract.id })
  expect(releases).toHaveLength(2)

  // of a query that nobody has run: no lease is lost for it
  await revoke(clean.sessions.health, clean.contract, { type: 'approval', approval: other }, 'enough')
  await expect.poll(ofThis).toEqual([])
})

it('where the contract says never, nothing is there when a run has ended, and the next one fetches all of it', async () => {
  const clean = await rooms.open({ change: (contract) => ({ ...contract, cache: 'never' }) })
  const queryId = await readyToRun(clean, { maximumRuns: 5 })
  const others = keptFiles()
  await firstRun(clean, queryId)
  expect(keptFiles().filter((name) => !others.includes(name))).toEqual([])
  signalIngestion('SIGSTOP')
  const again = await start(clean, queryId)
  await sleep(2000)
  expect((await getRun(clean.sessions.analyst, again)).state).toBe('running')
  signalIngestion('SIGCONT')
  expect((await settle(clean, again)).state).toBe('awaiting-review')
})
