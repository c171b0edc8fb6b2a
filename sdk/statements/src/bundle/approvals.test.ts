import type { ErrorCode } from '@reinraum/crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { refusalOf } from '../testing/refusal.ts'
import {
  approvalOf,
  before,
  type Changes,
  createParties,
  createRoom,
  now,
  type Parties,
  type Referable,
  rejectionOf,
  revocationOf,
  withRule,
} from '../testing/room.ts'
import { type VerifiedRun, verifyRunBundle } from './verify-run-bundle.ts'

let parties: Parties
beforeAll(async () => {
  parties = await createParties()
})

async function verify(changes: Changes): Promise<VerifiedRun> {
  return verifyRunBundle((await createRoom(parties, changes)).bundle, { now })
}
function refused(changes: Changes): Promise<ErrorCode> {
  return refusalOf(() => verify(changes))
}
const id = `sha256:${'0'.repeat(64)}`

describe('approvals', () => {
  const without = (by: string): Changes => ({ approval: (a) => (a.by === by ? undefined : a) })

  test.each(['air', 'bird', 'officer'])('without the approval of %s the run is refused', async (by) => {
    expect(await refused(without(by))).toBe('approval-missing')
  })

  test('an approval of another query is refused', async () => {
    expect(await refused({ approval: (a) => (a.by === 'air' ? { ...a, query: id } : a) })).toBe('query-mismatch')
  })

  test('an approval under another contract is refused', async () => {
    expect(await refused({ approval: (a) => (a.by === 'air' ? { ...a, contract: id } : a) })).toBe('contract-mismatch')
  })

  test('an approval that was revoked is refused', async () => {
    const revocations = (room: Referable) => [revocationOf(room, 'air', { type: 'approval', approval: room.approvals.air ?? '' })]
    expect(await refused({ revocations })).toBe('approval-revoked')
  })

  test('an approver without the role owner revokes its own approval', async () => {
    const revocations = (room: Referable) => [
      revocationOf(room, 'officer', { type: 'approval', approval: room.approvals.officer ?? '' }),
    ]
    expect(await refused({ revocations })).toBe('approval-revoked')
  })

  test('an approval given anew after one was revoked or expired counts', async () => {
    const renewed = await verify({
      decisions: (room) => [
        { ...approvalOf(room, 'air'), createdAt: '2026-11-21T11:30:00.000Z' },
        { ...approvalOf(room, 'bird'), validity: before, createdAt: '2026-11-21T11:30:00.000Z' },
      ],
      revocations: (room) => [revocationOf(room, 'air', { type: 'approval', approval: room.approvals.air ?? '' })],
    })
    expect(renewed.approvals.map((a) => [a.document.by, a.document.createdAt]).toSorted()).toEqual([
      ['air', '2026-11-21T11:30:00.000Z'],
      ['bird', '2026-11-21T11:00:00.000Z'],
      ['officer', '2026-11-21T11:00:00.000Z'],
    ])
  })

  test('of two approvals that count, the newest one does', async () => {
    const newest = '2026-11-21T11:30:00.000Z'
    const decisions = (room: Referable) => [{ ...approvalOf(room, 'air'), createdAt: newest }]
    const result = await verify({ decisions })
    expect(result.approvals.find((a) => a.document.by === 'air')?.document.createdAt).toBe(newest)
  })

  test('an approval by a member who neither owns nor approves is refused', async () => {
    const decisions = (room: Referable) => [{ ...approvalOf(room, 'air'), by: 'analyst', versions: {} }]
    expect(await refused({ decisions })).toBe('role-missing')
  })

  test('an approval about a slot of somebody else is refused', async () => {
    expect(await refused({ approval: (a) => (a.by === 'air' ? { ...a, versions: { ...a.versions, strikes: [id] } } : a) })).toBe(
      'role-missing',
    )
  })

  test('a dataset version that the approval does not name is refused', async () => {
    expect(await refused({ approval: (a) => (a.by === 'bird' ? { ...a, versions: { strikes: [id] } } : a) })).toBe(
      'dataset-version-not-allowed',
    )
  })

  test('an approval that names no version of a slot allows none', async () => {
    expect(await refused({ approval: (a) => (a.by === 'air' ? { ...a, versions: {} } : a) })).toBe('dataset-version-not-allowed')
  })

  test.each(['air', 'bird', 'officer'] as const)('a rejection by %s outweighs its approval', async (by) => {
    expect(await refused({ decisions: (room) => [rejectionOf(room, by)] })).toBe('query-rejected')
  })

  test('a slot with the mode aggregation needs no approval, but obeys a rejection', async () => {
    const aggregation: Changes = {
      contract: (c) => ({ ...c, slots: c.slots.map((s) => withRule(s, { modes: ['aggregation'] })) }),
      approval: () => undefined,
    }
    expect((await verify(aggregation)).approvals).toEqual([])
    expect(await refused({ ...aggregation, decisions: (room) => [rejectionOf(room, 'officer')] })).toBe('query-rejected')
  })

  test('an owner who left approving to others still may reject', async () => {
    const delegated: Changes = {
      contract: (c) => ({
        ...c,
        slots: c.slots.map((s) => (s.id === 'strikes' ? withRule(s, { approvals: { by: ['officer'], threshold: 'all' } }) : s)),
      }),
      ...without('bird'),
    }
    expect((await verify(delegated)).approvals).toHaveLength(2)
    expect(await refused({ ...delegated, decisions: (room) => [rejectionOf(room, 'bird')] })).toBe('query-rejected')
  })

  test('a threshold is reached by any that suffice, in the order of the rule, and not by fewer', async () => {
    const oneOfTwo: Changes = {
      contract: (c) => ({
        ...c,
        slots: c.slots.map((s) =>
          s.id === 'strikes' ? withRule(s, { approvals: { by: ['bird', 'officer'], threshold: 1 } }) : s,
        ),
      }),
    }
    const approvers = async (changes: Changes) => (await verify(changes)).approvals.map((a) => a.document.by).toSorted()
    expect(await approvers(oneOfTwo)).toEqual(['air', 'bird'])
    expect(await approvers({ ...oneOfTwo, ...without('bird') })).toEqual(['air', 'officer'])
    expect(await refused({ ...oneOfTwo, approval: (a) => (a.by === 'air' ? a : undefined) })).toBe('approval-missing')
  })

  test('one approval does not count for two approvers', async () => {
    expect(
      await refused({
        approval: (a) => (a.by === 'officer' ? undefined : a),
        decisions: (room) => [{ ...approvalOf(room, 'bird'), createdAt: '2026-11-21T11:30:00.000Z' }],
      }),
    ).toBe('approval-missing')
  })
})
