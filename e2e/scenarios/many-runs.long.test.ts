import { fromBinary } from '@bufbuild/protobuf'
import { cancelRun } from '@reinraum/client'
import { RunEventSchema } from '@reinraum/proto'
import { expect, it } from 'vitest'
import { readyToRun, reviewAndOpen, settle, start } from '../harness/clean-room.ts'
import { freezing, releasesOf } from '../harness/runs-in-flight.ts'
import type { TestRoom } from '../harness/start-test-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms({ executors: 2, redeliverAfterMs: 6_000 })

/** The runs that executors say they took, as they say it. */
async function startedIn(room: TestRoom): Promise<readonly string[]> {
  const admin = await room.natsAdmin()
  const started: string[] = []
  admin.subscribe('reinraum.v1.*.run.started', {
    callback: (_, { data }) => void started.push(fromBinary(RunEventSchema, data).runId),
  })
  await admin.flush()
  return started
}

it('a contract’s flood of runs lets another’s run by after those that are ahead already', async () => {
  const [flooding, waiting] = [await rooms.open(), await rooms.open()]
  const [flood, one] = [await readyToRun(flooding, { maximumRuns: 100 }), await readyToRun(waiting)]
  const started = await startedIn(rooms.room)
  const many: string[] = []
  const runId = await freezing(rooms.room, async () => {
    for (let i = 0; i < 50; i++) many.push(await start(flooding, flood))
    return start(waiting, one)
  })
  expect((await settle(waiting, runId)).state).toBe('awaiting-review')
  const before = started.slice(0, started.indexOf(runId)).filter((id) => many.includes(id))
  // Two at work, four in the stream, and one whose turn it was.
  expect(before.length).toBeLessThanOrEqual(7)
  expect(before).toEqual(many.slice(0, before.length))
  for (const id of many.slice(before.length)) await cancelRun(flooding.sessions.analyst, id)
}, 180_000)

it('what an executor had that was killed outright is taken up by the other and ends once', async () => {
  const clean = await rooms.open()
  const queryId = await readyToRun(clean)
  const ids = await freezing(rooms.room, async () => {
    const both = [await start(clean, queryId), await start(clean, queryId)]
    await expect.poll(() => releasesOf(clean), { timeout: 30_000 }).toBe(2)
    await rooms.room.kill('executor')
    return both
  })
  for (const runId of ids) {
    expect((await settle(clean, runId)).state).toBe('awaiting-review')
    await reviewAndOpen(clean, runId)
  }
  // The killed one's run was released for twice, by the approval it counts once: four of five are left for two more.
  expect(await releasesOf(clean)).toBe(3)
  await rooms.room.restart('executor')
}, 180_000)
