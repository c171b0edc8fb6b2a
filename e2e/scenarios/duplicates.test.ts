import { setTimeout as sleep } from 'node:timers/promises'
import { headers } from '@nats-io/transport-node'
import { getRun, readTable } from '@reinraum/client'
import { expect, it } from 'vitest'
import { readyToRun, reviewAndOpen, settle, start } from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'
import { expectedAnswer } from '../harness/visits.ts'

const rooms = useCleanRooms()

it('every event delivered twice, late and in another order has one effect', async () => {
  const admin = await rooms.room.natsAdmin()
  const seen: { subject: string; data: Uint8Array; headers: [string, string][] }[] = []
  admin.subscribe('reinraum.v1.>', {
    callback: (_, message) => {
      const pairs = (message.headers?.keys() ?? []).map((key) => [key, message.headers?.get(key) ?? ''] as [string, string])
      seen.push({ subject: message.subject, data: message.data, headers: pairs })
    },
  })
  const clean = await rooms.open()
  const queryId = await readyToRun(clean, { maximumRuns: 2 })
  const runId = await start(clean, queryId)
  await settle(clean, runId)
  const opened = await reviewAndOpen(clean, runId)
  await expect.poll(async () => (await getRun(clean.sessions.analyst, runId)).state).toBe('completed')
  const before = await getRun(clean.sessions.analyst, runId)
  const { releases } = await clean.sessions.health.keyService('health-keys').listReleases({ contractId: clean.contract.id })
  const kinds = new Set(seen.map(({ subject }) => subject.split('.').slice(3).join('.')))
  for (const kind of ['run.queued', 'run.started', 'key.released', 'result.deposited', 'result.released', 'object.committed'])
    expect(kinds).toContain(kind)

  // Another Nats-Msg-Id, so that the stream's own deduplication does not catch it: what counts is the receivers' inbox.
  for (const { subject, data, headers: pairs } of seen.toReversed()) {
    const again = headers()
    for (const [key, value] of pairs) again.set(key, value)
    again.set('Nats-Msg-Id', crypto.randomUUID())
    admin.publish(subject, data, { headers: again })
  }
  await admin.flush()
  await sleep(3000)

  expect(await getRun(clean.sessions.analyst, runId)).toEqual(before)
  const after = await clean.sessions.health.keyService('health-keys').listReleases({ contractId: clean.contract.id })
  expect(after.releases.length).toBe(releases.length)
  expect((await readTable(opened.file)).rows).toEqual(expectedAnswer(0).map((row) => [...row]))
  // The approval's second run is still there to be used, and no third.
  const second = await start(clean, queryId)
  expect((await settle(clean, second)).state).toBe('awaiting-review')
  const third = await start(clean, queryId)
  expect(await settle(clean, third)).toMatchObject({ state: 'failed', reason: 'approval-exhausted' })
  await admin.close()
})
