import { cancelRun, getRun, revoke } from '@reinraum/client'
import { expect, it } from 'vitest'
import { approve, propose, sealBoth, settle, start } from '../harness/clean-room.ts'
import { freezing, releasesOf } from '../harness/runs-in-flight.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms({ executors: 2 })

it('two executors have one run each, and whichever has it hears that it was cancelled or its approval revoked', async () => {
  const clean = await rooms.open()
  const { analyst, health } = clean.sessions
  await sealBoth(clean)
  const queryId = await propose(clean)
  const [approval = ''] = await approve(clean, queryId)
  const [one, other] = await freezing(rooms.room, async () => {
    const ids = [await start(clean, queryId), await start(clean, queryId)] as const
    await expect.poll(() => releasesOf(clean), { timeout: 30_000 }).toBe(2)
    expect((await cancelRun(analyst, ids[0])).state).toBe('cancelled')
    await revoke(health, clean.contract, { type: 'approval', approval }, 'stop')
    expect(await settle(clean, ids[1])).toMatchObject({ state: 'failed', reason: 'approval-revoked' })
    return ids
  })
  const next = await propose(clean)
  await approve(clean, next)
  const free = [await start(clean, next), await start(clean, next)]
  for (const runId of free) expect((await settle(clean, runId)).state).toBe('awaiting-review')
  for (const runId of [one, other])
    await expect(analyst.release.getResult({ runId })).rejects.toMatchObject({ code: 'not-found' })
  expect((await getRun(analyst, one)).state).toBe('cancelled')
})
