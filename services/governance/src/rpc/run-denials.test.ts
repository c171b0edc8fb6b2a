import { create, toBinary } from '@bufbuild/protobuf'
import { newEvent } from '@reinraum/kit'
import { RunEventSchema } from '@reinraum/proto'
import type { Identity, Release } from '@reinraum/statements'
import { refusalOf, signByAll } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consumeEvent } from '../consume-events.ts'
import { queuedRun } from '../testing/agreement.ts'
import { type Room, startRoom } from '../testing/room.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom()
})
afterAll(() => room.stop())

type Queued = Awaited<ReturnType<typeof queuedRun>>
const noisyRun = () => queuedRun(room, { noisy: true })
const digest = `sha256:${'0'.repeat(64)}`

/** What air-keys, whose keys are those of `stranger`, says of the run. */
async function denial({ agreement, run, query }: Queued, change: Partial<Release> = {}, by?: Identity): Promise<Uint8Array> {
  const left = { epsilon: 200_000, delta: 0 }
  const budget = [{ slot: 'flights', dataset: 'flights', period: 1, accounting: 'basic' as const, left, fits: left }]
  const document: Release = {
    ...{ kind: 'reinraum/release/v1', keyService: 'air-keys', contract: agreement.id, run: run.id, query: query.id },
    ...{ by: 'analyst', sequence: 1, previous: null, evidence: digest, hardware: false, decidedAt: new Date().toISOString() },
    outcome: { decision: 'denied', reason: 'budget-exhausted', budget },
    ...change,
  }
  return (await signByAll(document, [by ?? room.identities.stranger])).bytes
}

async function fails({ agreement, run }: Queued, denials: readonly Uint8Array[], reasonCode = 'budget-exhausted') {
  const said = { contractId: agreement.id, runId: run.id, reasonCode, denials: [...denials] }
  const body = toBinary(RunEventSchema, create(RunEventSchema, said))
  await consumeEvent(room.governance, newEvent({ contractId: agreement.id, noun: 'run', verb: 'failed', body }))
}

const told = async ({ run }: Queued) => (await room.as.analyst.getRun({ runId: run.id })).status?.denials.map(textOf)
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()

describe('a run that failed for want of a budget', () => {
  it('tells members what the key service signed of it', async () => {
    const queued = await noisyRun()
    const signed = await denial(queued)
    await fails(queued, [signed])
    expect(await told(queued)).toEqual([textOf(signed)])
    for await (const { status } of room.as.air.watchRun({ runId: queued.run.id }))
      expect(status?.denials.map(textOf)).toEqual([textOf(signed)])
  })

  it('tells nobody else', async () => {
    const queued = await noisyRun()
    await fails(queued, [await denial(queued)])
    expect(await refusalOf(room.as.stranger.getRun({ runId: queued.run.id }))).toBe('not-found')
  })

  it('tells nothing that no key service of its contract signed of it', async () => {
    const [queued, another] = [await noisyRun(), await noisyRun()]
    const hostile = [
      new Uint8Array(),
      Uint8Array.of(255, 0, 255),
      await denial(another),
      await denial(queued, { run: digest }),
      await denial(queued, {}, room.identities.air),
      await denial(queued, { outcome: { decision: 'denied', reason: 'revoked' } }),
    ]
    await fails(queued, hostile)
    const { status } = await room.as.analyst.getRun({ runId: queued.run.id })
    expect(status).toMatchObject({ reasonCode: 'budget-exhausted', denials: [] })
  })

  it('tells of each key service once', async () => {
    const queued = await noisyRun()
    const signed = await denial(queued)
    await fails(queued, [signed, signed])
    await fails(queued, [await denial(queued, { sequence: 2 })])
    expect(await told(queued)).toEqual([textOf(signed)])
  })
})

describe('any other run', () => {
  it('tells of no denial: it failed for another reason', async () => {
    const queued = await noisyRun()
    await fails(queued, [await denial(queued)], 'guard-refused')
    expect(await told(queued)).toEqual([])
    const { db } = room.governance.store
    expect(await db.selectFrom('run_denials').selectAll().where('run_id', '=', queued.run.id).execute()).toEqual([])
  })

  it('tells of none that came before its result', async () => {
    const queued = await noisyRun()
    await fails(queued, [await denial(queued)])
    const body = toBinary(RunEventSchema, create(RunEventSchema, { contractId: queued.agreement.id, runId: queued.run.id }))
    await consumeEvent(room.governance, newEvent({ contractId: queued.agreement.id, noun: 'result', verb: 'deposited', body }))
    expect(await told(queued)).toEqual([])
  })
})
