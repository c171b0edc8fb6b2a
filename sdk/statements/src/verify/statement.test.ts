import { beforeAll, describe, expect, test } from 'vitest'
import { refusalOf } from '../testing/refusal.ts'
import {
  after,
  approvalOf,
  before,
  createParties,
  createRoom,
  now,
  type Parties,
  type Referable,
  type Room,
  rejectionOf,
  revocationOf,
  signAs,
} from '../testing/room.ts'
import type { VerifiedContract } from '../verified.ts'
import { verifyContract } from './contract.ts'
import { verifyDecision } from './decision.ts'
import { verifyManifest } from './manifest.ts'
import { verifyQuery } from './query.ts'
import { verifyRevocation } from './revocation.ts'
import { verifyRun } from './run.ts'

const id = `sha256:${'0'.repeat(64)}`
let parties: Parties
let room: Room
let contract: VerifiedContract
beforeAll(async () => {
  parties = await createParties()
  room = await createRoom(parties)
  contract = await verifyContract(room.bundle.contract, { now })
})

describe('a statement of its own', () => {
  test('is verified with the same rules as in a bundle', async () => {
    const [manifest] = room.bundle.manifests
    const [approval] = room.bundle.decisions
    if (!manifest || !approval) throw new Error('the room is empty')
    expect((await verifyQuery(room.bundle.query, contract, now)).id).toBe(room.query)
    expect((await verifyRun(room.bundle.run, contract, now)).id).toBe(room.run)
    expect((await verifyManifest(manifest, contract, now)).id).toBe(room.manifests.strikes)
    expect((await verifyDecision(approval, contract, now)).id).toBe(room.approvals.air)
  })

  test('is refused under a contract that is over or has not begun', async () => {
    const [manifest] = room.bundle.manifests
    const [approval] = room.bundle.decisions
    if (!manifest || !approval) throw new Error('the room is empty')
    const years = [
      [new Date('2025-12-31T00:00:00Z'), 'not-yet-valid'],
      [new Date('2027-01-02T00:00:00Z'), 'expired'],
    ] as const
    const long = { notBefore: '2020-01-01T00:00:00.000Z', notAfter: '2030-01-01T00:00:00.000Z' }
    const { run } = (await createRoom(parties, { run: (r) => ({ ...r, validity: long }) })).bundle
    for (const [time, code] of years) {
      expect(await refusalOf(() => verifyQuery(room.bundle.query, contract, time))).toBe(code)
      expect(await refusalOf(() => verifyRun(run, contract, time))).toBe(code)
      expect(await refusalOf(() => verifyManifest(manifest, contract, time))).toBe(code)
      expect(await refusalOf(() => verifyDecision(approval, contract, time))).toBe(code)
    }
  })

  test('about a slot that the contract does not have is refused', async () => {
    const other = await createRoom(parties, { query: (query) => ({ ...query, slots: ['nothing'] }) })
    expect(await refusalOf(() => verifyQuery(other.bundle.query, contract, now))).toBe('invalid-statement')
    const manifest = (await createRoom(parties, { manifest: (m) => ({ ...m, slot: 'nothing' }) })).bundle.manifests[0]
    expect(await refusalOf(() => verifyManifest(manifest ?? new Uint8Array(), contract, now))).toBe('invalid-statement')
  })
})

describe('a decision of its own', () => {
  const verify = async (document: ReturnType<typeof approvalOf> | ReturnType<typeof rejectionOf>) =>
    verifyDecision(await signAs(parties, document.by, document), contract, now)

  test('that is over is refused, and one that begins later is not', async () => {
    expect(await refusalOf(() => verify({ ...approvalOf(room, 'air'), validity: before }))).toBe('approval-expired')
    await expect(verify({ ...approvalOf(room, 'air'), validity: after })).resolves.toBeDefined()
  })

  test('is given by owners and approvers only', async () => {
    for (const by of ['air', 'bird', 'officer'] as const) await expect(verify(rejectionOf(room, by))).resolves.toBeDefined()
    for (const by of ['analyst', 'reviewer'] as const) {
      expect(await refusalOf(() => verify(rejectionOf(room, by)))).toBe('role-missing')
    }
  })
})

describe('a revocation of its own', () => {
  const verify = async (by: 'air' | 'bird' | 'officer' | 'analyst', target: Parameters<typeof revocationOf>[2], at = now) =>
    verifyRevocation(await signAs(parties, by, revocationOf(room as Referable, by, target)), contract, at)

  test('by an owner is effective whatever the time', async () => {
    for (const time of [now, new Date('2020-01-01T00:00:00Z'), new Date('2030-01-01T00:00:00Z')]) {
      await expect(verify('air', { type: 'contract' }, time)).resolves.toBeDefined()
    }
    expect(await refusalOf(() => verify('air', { type: 'contract' }, new Date(Number.NaN)))).toBe('invalid-argument')
  })

  test('by a member who is no owner is refused', async () => {
    for (const target of [
      { type: 'contract' },
      { type: 'member', member: 'air' },
      { type: 'datasetVersion', manifest: id },
      { type: 'approval', approval: id },
    ] as const) {
      expect(await refusalOf(() => verify('analyst', target))).toBe('role-missing')
    }
  })

  test('by an approver who is no owner reaches approvals only', async () => {
    await expect(verify('officer', { type: 'approval', approval: id })).resolves.toBeDefined()
    expect(await refusalOf(() => verify('officer', { type: 'contract' }))).toBe('role-missing')
  })

  test('of somebody who is no member is refused', async () => {
    expect(await refusalOf(() => verify('air', { type: 'member', member: 'stranger' }))).toBe('unknown-member')
  })
})
