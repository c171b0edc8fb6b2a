import { setTimeout as sleep } from 'node:timers/promises'
import { cancelRun, getRun, revoke } from '@reinraum/client'
import type { Revocation } from '@reinraum/statements'
import { afterEach, describe, expect, it } from 'vitest'
import { approve, type CleanRoom, propose, seal, settle, start } from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms()

/** Stops ingestion in its tracks, so that a run that has its keys waits for ciphertext. */
function freezeIngestion(): void {
  process.kill(required(rooms.room.services.get('ingestion')?.pid), 'SIGSTOP')
}

function thawIngestion(): void {
  process.kill(required(rooms.room.services.get('ingestion')?.pid), 'SIGCONT')
}

afterEach(thawIngestion)

async function ready(): Promise<{ clean: CleanRoom; queryId: string; approval: string; manifest: string }> {
  const clean = await rooms.open()
  const manifest = await seal(clean, 'visits')
  await seal(clean, 'districts')
  const queryId = await propose(clean)
  const [approval = ''] = await approve(clean, queryId)
  return { clean, queryId, approval, manifest: manifest.id }
}

/** Starts a run and waits until both key services have released for it. */
async function inFlight(clean: CleanRoom, queryId: string): Promise<string> {
  freezeIngestion()
  const runId = await start(clean, queryId)
  await expect
    .poll(
      async () =>
        (await clean.sessions.health.keyService('health-keys').listReleases({ contractId: clean.contract.id })).releases.length,
      { timeout: 60_000 },
    )
    .toBe(1)
  await expect
    .poll(
      async () =>
        (await clean.sessions.survey.keyService('shared-keys').listReleases({ contractId: clean.contract.id })).releases.length,
      { timeout: 60_000 },
    )
    .toBe(1)
  return runId
}

const ended: { readonly clean: CleanRoom; readonly runId: string }[] = []

async function expectNoResult(clean: CleanRoom, runId: string): Promise<void> {
  await expect(clean.sessions.analyst.release.getResult({ runId })).rejects.toMatchObject({ code: 'not-found' })
}

/** Looks as soon as ingestion goes on, and has the last test look again. */
async function thenNoResult(clean: CleanRoom, runId: string): Promise<void> {
  thawIngestion()
  ended.push({ clean, runId })
  await expectNoResult(clean, runId)
}

describe('a run that has its keys already ends without a result when', () => {
  it.each([
    ['its approval is revoked', (ids: { approval: string }) => ({ type: 'approval', approval: ids.approval })],
    ['its dataset version is revoked', (ids: { manifest: string }) => ({ type: 'datasetVersion', manifest: ids.manifest })],
    ['its analyst is revoked', () => ({ type: 'member', member: 'analyst' })],
    ['its contract is revoked', () => ({ type: 'contract' })],
  ] as [string, (ids: { approval: string; manifest: string }) => Revocation['target']][])('%s', async (_, target) => {
    const { clean, queryId, approval, manifest } = await ready()
    const runId = await inFlight(clean, queryId)
    await revoke(clean.sessions.health, clean.contract, target({ approval, manifest }), 'stop')
    const view = await settle(clean, runId)
    expect(view.state).toBe('failed')
    expect(view.reason).toMatch(/revoked/)
    await thenNoResult(clean, runId)
  })

  it('its analyst cancels it', async () => {
    const { clean, queryId } = await ready()
    const runId = await inFlight(clean, queryId)
    expect((await cancelRun(clean.sessions.analyst, runId)).state).toBe('cancelled')
    await thenNoResult(clean, runId)
    expect((await getRun(clean.sessions.analyst, runId)).state).toBe('cancelled')
  })

  it('and none of them has one seconds later', async () => {
    await sleep(3000)
    expect(ended).toHaveLength(5)
    for (const { clean, runId } of ended) await expectNoResult(clean, runId)
  })
})

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is no such process')
  return value
}
