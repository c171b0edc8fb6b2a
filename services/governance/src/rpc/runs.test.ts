import { setTimeout as sleep } from 'node:timers/promises'
import { create, toBinary } from '@bufbuild/protobuf'
import { ReinraumError } from '@reinraum/crypto'
import { type EventRecord, newEvent } from '@reinraum/kit'
import { EvidenceSchema, RunEventSchema, RunState, Tee } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consumeDeadLetter, consumeEvent } from '../consume-events.ts'
import { agree, agreeInForce, queuedRun, readyToRun } from '../testing/agreement.ts'
import { type Room, startRoom } from '../testing/room.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom()
})
afterAll(() => room.stop())

const nobodys = `sha256:${'0'.repeat(64)}`

type Queued = Awaited<ReturnType<typeof queuedRun>>

/** An event of another service about a run, as it comes from the bus. */
function eventAbout({ agreement, run }: Queued, what: string, options: { reasonCode?: string; id?: string } = {}): EventRecord {
  const [noun = '', verb = ''] = what.split('.')
  const { reasonCode = '', ...id } = options
  const body = toBinary(RunEventSchema, create(RunEventSchema, { contractId: agreement.id, runId: run.id, reasonCode }))
  return newEvent({ contractId: agreement.id, noun, verb, body, ...id })
}

const nameOf = (state: RunState | undefined) => Object.entries(RunState).find(([, value]) => value === state)?.[0] ?? 'none'
const arrive = (event: EventRecord) => consumeEvent(room.governance, event)
const stateOf = async ({ run }: Queued) => {
  const { status } = await room.as.air.getRun({ runId: run.id })
  return [nameOf(status?.state), status?.reasonCode]
}

describe('a run', () => {
  it('is queued once, however often it is sent', async () => {
    const { agreement, query, versions } = await readyToRun(room)
    const { id, bytes } = await agreement.run(query.id, versions)
    const before = (await room.events()).length
    const answers = await Promise.all([1, 2, 3].map(() => room.as.analyst.startRun({ run: bytes })))
    expect(answers.map(({ runId }) => runId)).toEqual([id, id, id])
    expect((await room.events()).slice(before)).toEqual(['run.queued'])
  })

  it('is checked as the key services will check it, before it is queued', async () => {
    const { agreement, manifest, query, approval, versions } = await readyToRun(room)
    const before = (await room.events()).length
    const start = async (...args: Parameters<typeof agreement.run>) =>
      refusalOf(room.as.analyst.startRun({ run: (await agreement.run(...args)).bytes }))
    const unapproved = await agreement.query()
    await room.as.analyst.proposeQuery({ query: unapproved.bytes })
    expect(await start(unapproved.id, versions)).toBe('approval-missing')
    expect(await start(nobodys, versions)).toBe('not-found')
    expect(await start(query.id, { flights: nobodys })).toMatch(/dataset-version-not-allowed|not-found|invalid/)
    expect(await start(query.id, versions, { recipients: ['air'] })).toBe('recipient-not-allowed')
    expect(await start(query.id, versions, { by: 'air' }, 'air')).toBe('permission-denied')
    const second = await agreement.manifest({ version: 2 })
    await room.as.air.publishManifest({ manifest: second.bytes })
    expect(await start(query.id, { flights: second.id })).toBe('dataset-version-not-allowed')
    expect((await room.events()).slice(before)).toEqual(['query.proposed', 'manifest.published'])

    const revocation = await agreement.revocation('air', { type: 'approval', approval: approval.id })
    await room.as.air.revoke({ revocation: revocation.bytes })
    expect(await start(query.id, { flights: manifest.id })).toBe('approval-revoked')
  })

  it('is nobody else’s to see: a stranger is answered as if there were none', async () => {
    const { agreement, query, run } = await queuedRun(room)
    const { stranger } = room.as
    const message = async (step: Promise<unknown>) => step.then(String, (error: Error) => error.message)
    const nonce = new Uint8Array(32)
    const calls: readonly [(id: string) => Promise<unknown>, string][] = [
      [(runId) => stranger.getRun({ runId }), run.id],
      [(runId) => stranger.cancelRun({ runId }), run.id],
      [(runId) => first(stranger.watchRun({ runId })), run.id],
      [(queryId) => stranger.getQuery({ queryId }), query.id],
      [(contractId) => stranger.getContract({ contractId }), agreement.id],
      [(contractId) => stranger.listQueries({ contractId }), agreement.id],
      [(contractId) => stranger.listManifests({ contractId }), agreement.id],
      [(contractId) => stranger.listRevocations({ contractId }), agreement.id],
      [(contractId) => stranger.challengeExecutor({ contractId, nonce }), agreement.id],
    ]
    for (const [call, id] of calls) {
      expect(await refusalOf(call(id))).toBe('not-found')
      expect(await message(call(id))).toBe(await message(call(nobodys)))
    }
  })

  it('of a contract that is still open, or over, looks the same to a stranger', async () => {
    const open = await agree(room)
    await room.as.air.proposeContract({ contract: await open.by('air') })
    expect(await refusalOf(room.as.stranger.listQueries({ contractId: open.id }))).toBe('not-found')
    const other = await startRoom()
    try {
      const { agreement } = await readyToRun(other)
      other.moveClock(48 * 3600_000)
      expect(await refusalOf(other.as.stranger.getContract({ contractId: agreement.id }))).toBe('not-found')
      expect(await refusalOf(other.as.air.getContract({ contractId: agreement.id }))).toBe('expired')
    } finally {
      await other.stop()
    }
  })

  it('is given to executors with everything that decides about it, and to nobody else', async () => {
    const { run, query } = await queuedRun(room)
    const { bundle, cancelled } = await room.service('executor').getRunBundle({ runId: run.id })
    expect(cancelled).toBe(false)
    expect(bundle).toMatchObject({ decisions: { length: 1 }, manifests: { length: 1 }, revocations: [] })
    expect(Buffer.from(bundle?.run ?? []).equals(run.bytes)).toBe(true)
    expect(Buffer.from(bundle?.query ?? []).toString()).toContain(Buffer.from(query.bytes).toString().slice(0, 40))
    for (const service of ['keys/air-keys', 'release', 'ingestion', 'executors', 'keys'])
      expect(await refusalOf(room.service(service).getRunBundle({ runId: run.id }))).toBe('permission-denied')
    for (const service of ['release', 'ingestion', 'keys'])
      expect(await refusalOf(room.service(service).getRevocations({ contractId: nobodys }))).toBe('permission-denied')
    expect(await refusalOf(room.service('executor').getRunBundle({ runId: nobodys }))).toBe('not-found')
  })
})

describe('what happens to a run', () => {
  it('is taken from the events of other services, each once', async () => {
    const queued = await queuedRun(room)
    expect(await stateOf(queued)).toEqual(['QUEUED', ''])
    const started = eventAbout(queued, 'run.started')
    await arrive(started)
    await arrive(started)
    expect(await stateOf(queued)).toEqual(['RUNNING', ''])
    await arrive(eventAbout(queued, 'result.deposited'))
    await arrive(eventAbout(queued, 'run.started'))
    await arrive(eventAbout(queued, 'run.failed', { reasonCode: 'guard-refused' }))
    expect(await stateOf(queued)).toEqual(['AWAITING_REVIEW', ''])
    await arrive(eventAbout(queued, 'result.released'))
    await arrive(eventAbout(queued, 'result.deposited'))
    expect(await stateOf(queued)).toEqual(['COMPLETED', ''])
  })

  it('keeps its reason, if that is one of ours', async () => {
    const [refused, odd, rejected] = [await queuedRun(room), await queuedRun(room), await queuedRun(room)]
    await arrive(eventAbout(refused, 'run.failed', { reasonCode: 'guard-refused' }))
    await arrive(eventAbout(odd, 'run.failed', { reasonCode: 'canary' }))
    await arrive(eventAbout(rejected, 'result.rejected'))
    await arrive(eventAbout(rejected, 'result.deposited'))
    expect([await stateOf(refused), await stateOf(odd), await stateOf(rejected)]).toEqual([
      ['FAILED', 'guard-refused'],
      ['FAILED', 'run-failed'],
      ['FAILED', 'review-rejected'],
    ])
  })

  it('that no executor could finish is over; a dead letter about anything else changes nothing', async () => {
    const queued = await queuedRun(room)
    await consumeDeadLetter(room.governance, eventAbout(queued, 'run.cancelled', { id: 'dead/executor-stops/1' }))
    expect(await stateOf(queued)).toEqual(['QUEUED', ''])
    const dead = eventAbout(queued, 'run.queued', { id: `dead/executor/${queued.run.id.slice(7)}` })
    await consumeDeadLetter(room.governance, dead)
    await consumeDeadLetter(room.governance, dead)
    expect(await stateOf(queued)).toEqual(['FAILED', 'run-abandoned'])
  })

  it('by the analyst’s wish ends it, told to executors once; owners and finished runs cannot be', async () => {
    const queued = await queuedRun(room)
    expect(await refusalOf(room.as.air.cancelRun({ runId: queued.run.id }))).toBe('permission-denied')
    const before = (await room.events()).length
    for (let i = 0; i < 2; i++) await room.as.analyst.cancelRun({ runId: queued.run.id })
    expect((await room.events()).slice(before)).toEqual(['run.cancelled'])
    expect(await stateOf(queued)).toEqual(['CANCELLED', 'run-cancelled'])
    expect((await room.service('executor').getRunBundle({ runId: queued.run.id })).cancelled).toBe(true)

    const done = await queuedRun(room)
    await arrive(eventAbout(done, 'result.released'))
    expect((await room.as.analyst.cancelRun({ runId: done.run.id })).status?.state).toBe(RunState.COMPLETED)
    expect((await room.events()).slice(before).filter((event) => event === 'run.cancelled')).toHaveLength(1)
  })
})

describe('whoever follows a run', () => {
  it('hears its state now, then each change, and then no more', async () => {
    const queued = await queuedRun(room)
    const heard: string[] = []
    const following = (async () => {
      for await (const { status } of room.as.air.watchRun({ runId: queued.run.id })) heard.push(nameOf(status?.state))
    })()
    for (const [event, length] of [
      ['run.started', 1],
      ['result.deposited', 2],
      ['result.released', 3],
    ] as const) {
      await expect.poll(() => heard.length).toBe(length)
      await arrive(eventAbout(queued, event))
    }
    await following
    expect(heard).toEqual(['QUEUED', 'RUNNING', 'AWAITING_REVIEW', 'COMPLETED'])
    expect(room.governance.watch.size).toBe(0)
  })

  it('hears of one that is over once', async () => {
    const queued = await queuedRun(room)
    await room.as.analyst.cancelRun({ runId: queued.run.id })
    const heard: unknown[] = []
    for await (const { status } of room.as.air.watchRun({ runId: queued.run.id })) heard.push(status?.state)
    expect(heard).toEqual([RunState.CANCELLED])
    expect(room.governance.watch.size).toBe(0)
  })

  it('is not waited for after going away, nor if the run was never theirs', async () => {
    const queued = await queuedRun(room)
    const leaving = new AbortController()
    const following = (async () => {
      for await (const _ of room.as.air.watchRun({ runId: queued.run.id }, { signal: leaving.signal }));
    })()
    await expect.poll(() => room.governance.watch.size).toBe(1)
    leaving.abort()
    await following.catch(() => undefined)
    await expect.poll(() => room.governance.watch.size).toBe(0)
    expect(await refusalOf(first(room.as.stranger.watchRun({ runId: queued.run.id })))).toBe('not-found')
    await sleep(20)
    expect(room.governance.watch.size).toBe(0)
  })
})

describe('a member’s challenge to the executors', () => {
  const challenge = async () => {
    const { id } = await agreeInForce(room)
    return room.as.bird.challengeExecutor({ contractId: id, nonce: new Uint8Array(32).fill(7) })
  }

  it('brings back what one of them answers, whatever it says', async () => {
    const evidence = create(EvidenceSchema, { tee: Tee.SEV_SNP, report: new Uint8Array([1, 2]), certificates: [], crls: [] })
    room.answerWith(async () => toBinary(EvidenceSchema, evidence))
    expect((await challenge()).evidence).toMatchObject({ tee: Tee.SEV_SNP, report: new Uint8Array([1, 2]) })
  })

  it('says so when nobody answers, or when the answer is no evidence', async () => {
    room.answerWith(async () => {
      throw new ReinraumError('unavailable', 'nobody answers')
    })
    expect(await refusalOf(challenge())).toBe('unavailable')
    room.answerWith(async () => new Uint8Array([255, 255, 255]))
    expect(await refusalOf(challenge())).toBe('malformed-evidence')
  })
})

async function first<T>(stream: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of stream) return item
  return undefined
}
