import { join } from 'node:path'
import { readTable } from '@reinraum/client'
import { expect, it, onTestFinished } from 'vitest'
import { openCleanRoom, readyToRun, reviewAndOpen, settle, start } from '../harness/clean-room.ts'
import { hasS3Server, startS3Server } from '../harness/s3-server.ts'
import { startTestRoom } from '../harness/start-test-room.ts'
import { expectedAnswer } from '../harness/visits.ts'

it.skipIf(!hasS3Server)(
  'ciphertext and results lie in a bucket, and the executor reads there without the ingestion service',
  async () => {
    const s3 = await startS3Server()
    onTestFinished(() => s3.stop())
    const room = await startTestRoom({
      overrides: {
        ingestion: { objects: s3.objects('ingestion/') },
        release: { objects: s3.objects('release/') },
        executor: { ciphertext: s3.objects('ingestion/') },
      },
    })
    onTestFinished(() => room.stop())
    const clean = await openCleanRoom(room, join(room.directory, 'parties'))
    onTestFinished(() => clean.close())
    const queryId = await readyToRun(clean)
    await room.kill('ingestion')
    const runId = await start(clean, queryId, { parameters: { floor: 120 } })
    expect((await settle(clean, runId)).state).toBe('awaiting-review')
    const { rows } = await readTable((await reviewAndOpen(clean, runId)).file)
    expect(rows).toEqual(expectedAnswer(120).map(([district, visits, mean]) => [district, visits, mean]))
    const kinds = (await s3.keys()).map((key) => key.replace(/[0-9a-f]{64}/, '*')).sort()
    expect(kinds).toEqual(['ingestion/objects/*', 'ingestion/objects/*', 'release/objects/*'])
  },
)
