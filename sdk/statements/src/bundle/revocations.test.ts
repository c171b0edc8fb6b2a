import type { ErrorCode } from '@reinraum/crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Contract } from '../kinds/contract.ts'
import { withBadSignature } from '../testing/forgery.ts'
import { refusalOf } from '../testing/refusal.ts'
import {
  type Changes,
  createParties,
  createRoom,
  now,
  type Parties,
  type Referable,
  type Room,
  revocationOf,
  signAs,
  withRule,
} from '../testing/room.ts'
import { type RunBundleBytes, type VerifiedRun, verifyRunBundle } from './verify-run-bundle.ts'

let parties: Parties
let valid: Room
beforeAll(async () => {
  parties = await createParties()
  valid = await createRoom(parties)
})

async function verify(changes: Changes): Promise<VerifiedRun> {
  return verifyRunBundle((await createRoom(parties, changes)).bundle, { now })
}
function refused(changes: Changes): Promise<ErrorCode> {
  return refusalOf(() => verify(changes))
}
function refusedBytes(bundle: Partial<RunBundleBytes>): Promise<ErrorCode> {
  return refusalOf(() => verifyRunBundle({ ...valid.bundle, ...bundle }, { now }))
}
const id = `sha256:${'0'.repeat(64)}`

describe('revocations', () => {
  test('a revoked contract is refused', async () => {
    expect(await refused({ revocations: (room) => [revocationOf(room, 'bird', { type: 'contract' })] })).toBe('revoked')
  })

  test.each(['analyst', 'air', 'bird', 'officer', 'reviewer'])(
    'a run in which a revoked %s takes part is refused',
    async (name) => {
      expect(await refused({ revocations: (room) => [revocationOf(room, 'bird', { type: 'member', member: name })] })).toBe(
        'revoked',
      )
    },
  )

  test('each way of taking part counts on its own', async () => {
    // In this room nobody takes part in two ways.
    const changes: Changes = {
      contract: (c) => ({
        ...c,
        slots: c.slots
          .filter((s) => s.id === 'airports')
          .map((s) => withRule(s, { approvals: { by: ['officer'], threshold: 'all' } })),
        keyServices: c.keyServices.map((k) => (k.custody === 'owner' ? { ...k, operator: 'bird' } : k)),
        results: { recipients: ['reviewer'], reviewers: [] },
      }),
      query: (query) => ({ ...query, slots: ['airports'] }),
      approval: () => undefined,
      run: (run) => ({ ...run, recipients: ['reviewer'] }),
    }
    await expect(verify(changes)).resolves.toBeDefined()
    for (const name of ['analyst', 'air', 'officer', 'bird', 'reviewer']) {
      const revocations = (room: Referable) => [revocationOf(room, 'air', { type: 'member', member: name })]
      expect([name, await refused({ ...changes, revocations })]).toEqual([name, 'revoked'])
    }
  })

  test('a query whose author was revoked does not run for another analyst, nor the other way round', async () => {
    const changes: Changes = {
      contract: (c) => ({
        ...c,
        members: c.members.map((m) => (m.id === 'reviewer' ? { ...m, roles: ['analyst'] } : m)),
        results: { recipients: ['air'], reviewers: [] },
      }),
      query: (query) => ({ ...query, by: 'reviewer' }),
      run: (run) => ({ ...run, recipients: ['air'] }),
    }
    await expect(verify(changes)).resolves.toBeDefined()
    for (const name of ['reviewer', 'analyst']) {
      const revocations = (room: Referable) => [revocationOf(room, 'air', { type: 'member', member: name })]
      expect([name, await refused({ ...changes, revocations })]).toEqual([name, 'revoked'])
    }
  })

  test('a member who takes no part may be revoked', async () => {
    const contract = (c: Contract): Contract => ({ ...c, results: { ...c.results, reviewers: [] } })
    const revocations = (room: Referable) => [revocationOf(room, 'bird', { type: 'member', member: 'reviewer' })]
    expect((await verify({ contract, revocations })).revocations).toHaveLength(1)
  })

  test('a revoked dataset version is refused', async () => {
    const revocations = (room: Referable) => [
      revocationOf(room, 'bird', { type: 'datasetVersion', manifest: room.manifests.strikes ?? '' }),
    ]
    expect(await refused({ revocations })).toBe('revoked')
  })

  test('a revocation of another version has no effect here', async () => {
    const revocations = (room: Referable) => [revocationOf(room, 'bird', { type: 'datasetVersion', manifest: id })]
    await expect(verify({ revocations })).resolves.toBeDefined()
  })

  test('a revocation by a member who is no owner closes the bundle', async () => {
    for (const target of [{ type: 'contract' }, { type: 'datasetVersion', manifest: id }] as const) {
      expect(await refused({ revocations: (room) => [revocationOf(room, 'analyst', target)] })).toBe('role-missing')
    }
  })

  test("a revocation of somebody else's approval or dataset version closes the bundle", async () => {
    expect(
      await refused({
        revocations: (room) => [revocationOf(room, 'bird', { type: 'approval', approval: room.approvals.air ?? '' })],
      }),
    ).toBe('role-missing')
    expect(
      await refused({
        revocations: (room) => [revocationOf(room, 'air', { type: 'datasetVersion', manifest: room.manifests.strikes ?? '' })],
      }),
    ).toBe('role-missing')
  })

  test('a revocation with a bad signature closes the bundle instead of being passed over', async () => {
    const room = await createRoom(parties, {
      revocations: (r) => [revocationOf(r, 'bird', { type: 'datasetVersion', manifest: id })],
    })
    const revocations = room.bundle.revocations.map((bytes) => withBadSignature(bytes, 'Ed25519'))
    expect(await refusalOf(() => verifyRunBundle({ ...room.bundle, revocations }, { now }))).toBe('signature-invalid')
  })

  test('a revocation of another contract closes the bundle', async () => {
    const foreign = { ...revocationOf(valid, 'bird', { type: 'contract' }), contract: id }
    expect(await refusedBytes({ revocations: [await signAs(parties, 'bird', foreign)] })).toBe('contract-mismatch')
  })
})
