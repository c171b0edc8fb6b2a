import { refusalOf } from '@reinraum/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Agreement, agree, agreeInForce, readyToRun } from '../testing/agreement.ts'
import { type Party, type Room, startRoom } from '../testing/room.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom()
})
afterAll(() => room.stop())

/** What a step wrote to the outbox. */
async function eventsOf(step: () => Promise<unknown>): Promise<readonly string[]> {
  const before = (await room.events()).length
  await step()
  return (await room.events()).slice(before)
}

describe('a contract', () => {
  it('is proposed once, signed by one after the other, and announced as active once', async () => {
    const agreement = await agree(room)
    const contract = await agreement.by('air')
    const events = await eventsOf(async () => {
      for (let i = 0; i < 2; i++)
        expect(await room.as.air.proposeContract({ contract })).toMatchObject({ acceptedBy: ['air'], inForce: false })
      const second = await agreement.by('bird')
      for (let i = 0; i < 2; i++) expect((await room.as.bird.acceptContract({ contract: second })).inForce).toBe(false)
      const third = await agreement.by('analyst')
      for (let i = 0; i < 2; i++) expect((await room.as.analyst.acceptContract({ contract: third })).inForce).toBe(true)
    })
    expect(events).toEqual(['contract.proposed', 'contract.activated'])
    expect(await room.as.bird.getContract({ contractId: agreement.id })).toMatchObject({ inForce: true })
  })

  it('that arrives with every signature is proposed and active at once', async () => {
    const agreement = await agree(room)
    expect(await eventsOf(() => room.as.air.proposeContract({ contract: agreement.bytes }))).toEqual([
      'contract.proposed',
      'contract.activated',
    ])
  })

  it('is put forward and accepted only by a member who signed it', async () => {
    const agreement = await agree(room)
    const contract = await agreement.by('air')
    expect(await refusalOf(room.as.stranger.proposeContract({ contract }))).toBe('permission-denied')
    expect(await refusalOf(room.as.bird.proposeContract({ contract }))).toBe('signature-missing')
    await room.as.air.proposeContract({ contract })
    expect(await refusalOf(room.as.bird.acceptContract({ contract }))).toBe('signature-missing')
    expect(await refusalOf(room.as.stranger.acceptContract({ contract }))).toBe('permission-denied')
  })

  it('that nobody proposed cannot be accepted', async () => {
    const agreement = await agree(room)
    expect(await refusalOf(room.as.bird.acceptContract({ contract: await agreement.by('bird') }))).toBe('not-found')
  })

  it('accepted by two at the same time loses neither', async () => {
    const agreement = await agree(room)
    await room.as.air.proposeContract({ contract: await agreement.by('air') })
    const events = await eventsOf(() =>
      Promise.all(
        (['bird', 'analyst'] as const).map(async (party) =>
          room.as[party].acceptContract({ contract: await agreement.by(party) }),
        ),
      ),
    )
    expect(events).toEqual(['contract.activated'])
    expect((await room.as.air.getContract({ contractId: agreement.id })).acceptedBy.sort()).toEqual(['air', 'analyst', 'bird'])
  })

  it('allows nothing before all have signed it', async () => {
    const agreement = await agree(room)
    await room.as.air.proposeContract({ contract: await agreement.by('air') })
    const { bytes } = await agreement.manifest()
    expect(await refusalOf(room.as.air.publishManifest({ manifest: bytes }))).toBe('contract-incomplete')
    expect(await refusalOf(room.as.air.listQueries({ contractId: agreement.id }))).toBe('contract-incomplete')
    expect((await room.as.air.getContract({ contractId: agreement.id })).inForce).toBe(false)
  })
})

describe('under a contract in force', () => {
  let agreement: Agreement
  beforeEach(async () => {
    agreement = await agreeInForce(room)
  })

  it('a dataset version is published once, however often it is sent, and no other takes its number', async () => {
    const { id, bytes } = await agreement.manifest()
    const events = await eventsOf(async () => {
      for (let i = 0; i < 3; i++) expect((await room.as.air.publishManifest({ manifest: bytes })).manifestId).toBe(id)
      const other = await agreement.manifest()
      expect(await refusalOf(room.as.air.publishManifest({ manifest: other.bytes }))).toBe('conflict')
    })
    expect(events).toEqual(['manifest.published'])
    await room.as.air.publishManifest({ manifest: (await agreement.manifest({ version: 2 })).bytes })
    const { manifests } = await room.as.bird.listManifests({ contractId: agreement.id })
    expect(manifests).toHaveLength(2)
    expect(Buffer.from(manifests[0] ?? []).equals(bytes)).toBe(true)
  })

  it('two manifests for one version at the same moment: one stands', async () => {
    const both = await Promise.all([agreement.manifest(), agreement.manifest()])
    const events = await eventsOf(async () => {
      const outcomes = await Promise.allSettled(both.map(({ bytes }) => room.as.air.publishManifest({ manifest: bytes })))
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    })
    expect(events).toEqual(['manifest.published'])
  })

  it('a query is recorded once, and every member sees it with its decisions', async () => {
    const { id, bytes } = await agreement.query()
    const [first, second] = [
      await agreement.approval(id, 'air', { flights: [(await agreement.manifest()).id] }),
      await agreement.rejection(id, 'bird'),
    ]
    const events = await eventsOf(async () => {
      for (let i = 0; i < 2; i++) expect((await room.as.analyst.proposeQuery({ query: bytes })).queryId).toBe(id)
      for (let i = 0; i < 2; i++) await room.as.air.decideQuery({ decision: first.bytes })
      for (let i = 0; i < 2; i++) expect((await room.as.bird.decideQuery({ decision: second.bytes })).decisionId).toBe(second.id)
    })
    expect(events).toEqual(['query.proposed', 'query.approved', 'query.rejected'])
    expect((await room.as.bird.getQuery({ queryId: id })).decisions).toHaveLength(2)
    expect((await room.as.bird.listQueries({ contractId: agreement.id })).queries).toMatchObject([{ queryId: id }])
  })

  it('a decision needs its query', async () => {
    const elsewhere = await readyToRun(room)
    for (const query of [(await agreement.query()).id, elsewhere.query.id]) {
      const { bytes } = await agreement.rejection(query, 'air')
      expect(await refusalOf(room.as.air.decideQuery({ decision: bytes }))).toBe('not-found')
    }
  })

  it('a revocation is recorded once, and shown to members, key services and executors', async () => {
    const { id, bytes } = await agreement.revocation('air', { type: 'member', member: 'bird' })
    const events = await eventsOf(async () => {
      for (let i = 0; i < 2; i++) expect((await room.as.air.revoke({ revocation: bytes })).revocationId).toBe(id)
    })
    expect(events).toEqual(['revocation.issued'])
    expect((await room.as.bird.listRevocations({ contractId: agreement.id })).revocations).toHaveLength(1)
    for (const service of ['keys/air-keys', 'executor']) {
      const { revocations } = await room.service(service).getRevocations({ contractId: agreement.id })
      expect(revocations).toHaveLength(1)
    }
  })

  it.each<[string, (a: Agreement, by: Party) => Promise<unknown>, Party]>([
    ['a manifest', async (a, by) => room.as[by].publishManifest({ manifest: (await a.manifest()).bytes }), 'bird'],
    ['a query', async (a, by) => room.as[by].proposeQuery({ query: (await a.query()).bytes }), 'bird'],
    [
      'a revocation',
      async (a, by) => room.as[by].revoke({ revocation: (await a.revocation('air', { type: 'contract' })).bytes }),
      'bird',
    ],
    [
      'a decision',
      async (a, by) => {
        const { id, bytes } = await a.query()
        await room.as.analyst.proposeQuery({ query: bytes })
        return room.as[by].decideQuery({ decision: (await a.rejection(id, 'air')).bytes })
      },
      'bird',
    ],
  ])('%s of someone else is not taken, and a stranger does not learn that the contract exists', async (_, send, other) => {
    expect(await refusalOf(send(agreement, other))).toBe('permission-denied')
    expect(await refusalOf(send(agreement, 'stranger'))).toBe('not-found')
  })

  it('a statement signed with a key that is not its author’s is refused', async () => {
    const manifest = await agreement.manifest({}, 'bird')
    expect(await refusalOf(room.as.air.publishManifest({ manifest: manifest.bytes }))).toMatch(/^(signature-|unknown-member)/)
    const query = await agreement.query({}, 'stranger')
    expect(await refusalOf(room.as.analyst.proposeQuery({ query: query.bytes }))).toMatch(/^(signature-|unknown-member)/)
  })

  it('an owner proposes no query, and the analyst publishes no data', async () => {
    const query = await agreement.query({ by: 'air' }, 'air')
    expect(await refusalOf(room.as.air.proposeQuery({ query: query.bytes }))).toBe('role-missing')
    const manifest = await agreement.manifest({ by: 'analyst' }, 'analyst')
    expect(await refusalOf(room.as.analyst.publishManifest({ manifest: manifest.bytes }))).toMatch(
      /role-missing|permission-denied/,
    )
  })

  it('each call takes its own kind of statement and no other', async () => {
    const query = (await agreement.query()).bytes
    const manifest = (await agreement.manifest()).bytes
    expect(await refusalOf(room.as.air.publishManifest({ manifest: query }))).toBe('unknown-kind')
    expect(await refusalOf(room.as.analyst.proposeQuery({ query: manifest }))).toBe('unknown-kind')
    expect(await refusalOf(room.as.analyst.startRun({ run: query }))).toBe('unknown-kind')
    expect(await refusalOf(room.as.air.decideQuery({ decision: manifest }))).toBe('unknown-kind')
    expect(await refusalOf(room.as.air.revoke({ revocation: manifest }))).toBe('unknown-kind')
    expect(await refusalOf(room.as.air.proposeContract({ contract: manifest }))).toBe('invalid-statement')
    expect(await refusalOf(room.as.air.publishManifest({ manifest: new Uint8Array([123, 125]) }))).toBe('invalid-statement')
  })
})

it('an event and the row that it speaks of stand or fall together', async () => {
  const agreement = await agreeInForce(room)
  const { bytes } = await agreement.manifest()
  const { db } = room.governance.store
  await sql`create trigger refuse_events before insert on outbox begin select raise(abort, 'canary'); end`.execute(db)
  try {
    expect(await refusalOf(room.as.air.publishManifest({ manifest: bytes }))).toBe('internal')
  } finally {
    await sql`drop trigger refuse_events`.execute(db)
  }
  expect((await room.as.air.listManifests({ contractId: agreement.id })).manifests).toEqual([])
  expect(await eventsOf(() => room.as.air.publishManifest({ manifest: bytes }))).toEqual(['manifest.published'])
})
