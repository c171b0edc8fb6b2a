import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { readyToRun, settle, start } from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms()

it('a run whose key service goes away for longer than its lease ends without a result', async () => {
  const clean = await rooms.open()
  const queryId = await readyToRun(clean)
  const ingestion = rooms.room.services.get('ingestion')?.pid ?? 0
  process.kill(ingestion, 'SIGSTOP')
  try {
    const runId = await start(clean, queryId)
    const { keyService } = clean.sessions.health
    const released = async () => (await keyService('health-keys').listReleases({ contractId: clean.contract.id })).releases.length
    await expect.poll(released, { timeout: 30_000 }).toBe(1)
    await rooms.room.kill('keys/health-keys')
    const view = await settle(clean, runId)
    expect(view.state).toBe('failed')
    // Whichever connection is given up first says why.
    expect(['lease-lost', 'unavailable']).toContain(view.reason)
    process.kill(ingestion, 'SIGCONT')
    await sleep(3000)
    await expect(clean.sessions.analyst.release.getResult({ runId })).rejects.toMatchObject({ code: 'not-found' })
  } finally {
    process.kill(ingestion, 'SIGCONT')
    await rooms.room.restart('keys/health-keys')
  }
}, 180_000)
