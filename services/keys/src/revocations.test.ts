import { create, toBinary } from '@bufbuild/protobuf'
import { ReinraumError, randomBytes } from '@reinraum/crypto'
import { newEvent } from '@reinraum/kit'
import { createAuthority } from '@reinraum/pki'
import { RunDirectoryService, StatementRecordedSchema } from '@reinraum/proto'
import { implement, type RpcServer } from '@reinraum/rpc'
import type { Rejection, Revocation } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RevocationLookups, startRevocationLookups } from './revocation-lookups.ts'
import {
  type Agreement,
  agree,
  agreeAndImport,
  type Dataset,
  importDataset,
  revocationOf,
  sealDataset,
  signAs,
} from './testing/agreement.ts'
import { bundleOf, outcomeOf } from './testing/attempt.ts'
import { type PartyName, type Room, serveAs, startRoom } from './testing/room.ts'

type Imported = Agreement & { readonly datasets: readonly Dataset[] }

/** What the operator shows where governance would be, by contract; it may hide, forge, or be away. */
const shown = new Map<string, { contract: Uint8Array; revocations: Uint8Array[] }>()
let away = false
let whileAsked: (() => Promise<void>) | undefined
let operator: RpcServer
let room: Room
let lookups: RevocationLookups
let agreement: Imported

beforeAll(async () => {
  const authority = createAuthority()
  const directory = implement(RunDirectoryService, {
    getRunBundle: async () => {
      throw new ReinraumError('not-found', 'no such run')
    },
    getRevocations: async ({ contractId }) => {
      const answer = shown.get(contractId)
      if (away) throw new ReinraumError('unavailable', 'away')
      if (answer === undefined) throw new ReinraumError('not-found', 'no such contract')
      await whileAsked?.()
      return answer
    },
  })
  operator = await serveAs(authority, 'governance', directory)
  room = await startRoom({ authority, governance: `127.0.0.1:${operator.port}` })
  lookups = startRevocationLookups(room.shared.service)
})
afterAll(async () => {
  await lookups.stop()
  await room.stop()
  await operator.stop()
})
beforeEach(async () => {
  agreement = await agreeAndImport(room)
})

const apply = async (by: PartyName, target: Revocation['target'], as: PartyName = by) =>
  room.shared.as(room.parties[as]).applyRevocation({ revocation: await revocationOf(agreement, by, target) })

const rejectionOf = (by: PartyName, query: string): Promise<Uint8Array> => {
  const createdAt = room.clock.now().toISOString()
  const document: Rejection = { kind: 'reinraum/rejection/v1', contract: agreement.id, query, by, reason: '', createdAt }
  return signAs(room, by, document)
}
const reject = async (by: PartyName, query: string) =>
  room.shared.as(room.parties[by]).applyRevocation({ revocation: await rejectionOf(by, query) })

const versionOf = (slot: string) => agreement.datasets.find((dataset) => dataset.slot === slot)?.manifestId ?? ''

describe('a revocation that this service has seen ends what it is of, though the operator leaves it out', () => {
  test('an approval', async () => {
    const bundle = await bundleOf(agreement)
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('released')
    await apply('bird', { type: 'approval', approval: bundle.approvals.bird as string })
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('approval-revoked')
  })

  test('a dataset version', async () => {
    await apply('bird', { type: 'datasetVersion', manifest: versionOf('weather') })
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('revoked')
    const about = {
      contractId: agreement.id,
      keyId: agreement.datasets.find(({ slot }) => slot === 'weather')?.document.key as string,
    }
    expect(await room.shared.as(room.parties.bird).describeKey(about)).toMatchObject({ revoked: true })
  })

  test('a member', async () => {
    await apply('air', { type: 'member', member: 'analyst' })
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('revoked')
  })

  test('the whole contract', async () => {
    await apply('air', { type: 'contract' })
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('revoked')
  })
})

describe('a rejection that its member brought here outweighs what was approved, though the operator leaves it out', () => {
  test('by an owner who had approved before', async () => {
    const bundle = await bundleOf(agreement)
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('released')
    await reject('bird', bundle.queryId)
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('query-rejected')
  })

  test('by an approver who owns nothing', async () => {
    const bundle = await bundleOf(agreement)
    await reject('officer', bundle.queryId)
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('query-rejected')
  })

  test('of another query has no effect', async () => {
    await reject('bird', (await bundleOf(agreement)).queryId)
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
  })

  test('counts from a member who decides about a dataset, signed by that member', async () => {
    const { queryId } = await bundleOf(agreement)
    expect(await refusalOf(() => reject('analyst', queryId))).toBe('role-missing')
    const revocation = await rejectionOf('bird', queryId)
    expect(await refusalOf(() => room.shared.as(room.parties.stranger).applyRevocation({ revocation }))).toBe('permission-denied')
  })
})

describe('a revocation', () => {
  test('of what belongs to somebody else has no effect, and stands in nobody’s way', async () => {
    const bundle = await bundleOf(agreement)
    await apply('air', { type: 'approval', approval: bundle.approvals.bird as string })
    await apply('air', { type: 'datasetVersion', manifest: versionOf('weather') })
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('released')
    // And does not take the place of the owner's own.
    await apply('bird', { type: 'approval', approval: bundle.approvals.bird as string })
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('approval-revoked')
  })

  test('may be brought again, and by another member', async () => {
    const first = await apply('bird', { type: 'contract' })
    const second = await apply('bird', { type: 'contract' }, 'analyst')
    expect([first, second].map(({ revocationId }) => revocationId)).toEqual([expect.any(String), expect.any(String)])
    const kept = room.shared.vault.store.db.selectFrom('revocations').where('contract_id', '=', agreement.id)
    expect(await kept.select('by').execute()).toEqual([{ by: 'bird' }])
  })

  test('counts from an owner only, signed by that owner, under a contract that is known here', async () => {
    expect(await refusalOf(() => apply('analyst', { type: 'contract' }))).toBe('role-missing')
    expect(await refusalOf(() => apply('bird', { type: 'contract' }, 'stranger'))).toBe('permission-denied')
    const document = {
      kind: 'reinraum/revocation/v1' as const,
      contract: agreement.id,
      by: 'bird',
      target: { type: 'contract' as const },
    }
    const forged = await signAs(room, 'air', { ...document, reason: '', createdAt: room.clock.now().toISOString() })
    expect(await refusalOf(() => room.shared.as(room.parties.air).applyRevocation({ revocation: forged }))).toBe(
      'signature-missing',
    )
    const unknown = await agree(room)
    const revocation = await revocationOf(unknown, 'bird', { type: 'contract' })
    expect(await refusalOf(() => room.shared.as(room.parties.bird).applyRevocation({ revocation }))).toBe('not-found')
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
  })

  test('that comes before the first key is kept too: the contract is learned from governance and verified', async () => {
    const early = await agree(room)
    const revocation = await revocationOf(early, 'air', { type: 'contract' })
    shown.set(early.id, { contract: agreement.statement, revocations: [] })
    expect(await refusalOf(() => room.shared.as(room.parties.air).applyRevocation({ revocation }))).toBe('contract-mismatch')
    shown.set(early.id, { contract: early.statement, revocations: [] })
    await room.shared.as(room.parties.air).applyRevocation({ revocation })
    expect(await refusalOf(async () => importDataset(early, await sealDataset(early, 'strikes')))).toBe('revoked')
  })
})

describe('a lease', () => {
  const renew = async (runId: string) => (await room.shared.from('executor').renewLease({ runId })).outcome
  async function released() {
    const bundle = await bundleOf(agreement)
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('released')
    return bundle
  }

  test('goes on for 60 s from each renewal', async () => {
    const { runId } = await released()
    // Far enough from the end of each lease that a slow machine changes nothing, and past the end of the first.
    room.clock.move(40_000)
    const renewed = await renew(runId)
    expect(renewed.case).toBe('leaseExpiresAt')
    expect(Number(renewed.value) - room.clock.now().getTime()).toBeGreaterThan(40_000)
    room.clock.move(40_000)
    expect((await renew(runId)).case).toBe('leaseExpiresAt')
    room.clock.move(-80_000)
  })

  test('is lost when it was not renewed in time, and starts anew with another release only', async () => {
    const bundle = await released()
    room.clock.move(60_000)
    expect(await renew(bundle.runId)).toMatchObject({ value: 'lease-lost' })
    expect(await renew(bundle.runId)).toMatchObject({ value: 'lease-lost' })
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('released')
    expect((await renew(bundle.runId)).case).toBe('leaseExpiresAt')
    room.clock.move(-60_000)
  })

  test('is lost when the clock was set back', async () => {
    const { runId } = await released()
    room.clock.move(-3600_000)
    expect(await renew(runId)).toMatchObject({ value: 'lease-lost' })
    room.clock.move(3600_000)
  })

  test('does not exist for a run that got no keys here', async () => {
    const { runId } = await bundleOf(agreement)
    expect(await renew(runId)).toMatchObject({ value: 'lease-lost' })
  })

  test.each([
    [
      'an approval',
      'approval-revoked',
      (b: { approvals: Readonly<Record<string, string>> }) => ({ type: 'approval', approval: b.approvals.officer }),
    ],
    ['a dataset version', 'revoked', () => ({ type: 'datasetVersion', manifest: versionOf('strikes') })],
    ['the analyst', 'revoked', () => ({ type: 'member', member: 'analyst' })],
    ['the contract', 'revoked', () => ({ type: 'contract' })],
  ] as const)('ends when %s is revoked', async (_what, reason, target) => {
    const bundle = await released()
    const of = target(bundle) as Revocation['target']
    await apply(of.type === 'approval' ? 'officer' : 'bird', of)
    expect(await renew(bundle.runId)).toMatchObject({ case: 'deniedReasonCode', value: reason })
  })

  test('ends when the query is rejected', async () => {
    const { runId, queryId } = await released()
    await reject('officer', queryId)
    expect(await renew(runId)).toMatchObject({ case: 'deniedReasonCode', value: 'query-rejected' })
  })

  test('goes on when something is revoked that the run does not rest on', async () => {
    const { runId } = await released()
    const other = await bundleOf(agreement)
    await apply('bird', { type: 'approval', approval: other.approvals.bird as string })
    await apply('air', { type: 'datasetVersion', manifest: versionOf('strikes') })
    expect((await renew(runId)).case).toBe('leaseExpiresAt')
  })

  test('ends with the contract', async () => {
    const notAfter = new Date(room.clock.now().getTime() + 30_000).toISOString()
    agreement = await agreeAndImport(room, (contract) => ({ ...contract, validity: { ...contract.validity, notAfter } }))
    const { runId } = await released()
    room.clock.move(30_001)
    expect(await renew(runId)).toMatchObject({ value: 'expired' })
    room.clock.move(-30_001)
  })
})

describe('after the event that a revocation was issued', () => {
  const event = (contractId: string) => {
    const body = toBinary(StatementRecordedSchema, create(StatementRecordedSchema, { contractId }))
    return newEvent({ contractId, noun: 'revocation', verb: 'issued', body })
  }
  const isLookedUp = async () => {
    await vi.waitFor(
      async () => expect(await room.shared.vault.store.db.selectFrom('due_lookups').selectAll().execute()).toEqual([]),
      10_000,
    )
  }

  test('it is fetched, verified and kept; what is not valid beside it is ignored', async () => {
    const document = { kind: 'reinraum/revocation/v1' as const, contract: agreement.id, by: 'air', reason: '' }
    const createdAt = room.clock.now().toISOString()
    const forged = await signAs(room, 'analyst', { ...document, target: { type: 'member', member: 'bird' }, createdAt })
    const genuine = await revocationOf(agreement, 'air', { type: 'contract' })
    shown.set(agreement.id, { contract: agreement.statement, revocations: [randomBytes(40), forged, genuine] })
    await lookups.note(event(agreement.id))
    await isLookedUp()
    const kept = room.shared.vault.store.db.selectFrom('revocations').where('contract_id', '=', agreement.id)
    expect(await kept.select('statement').execute()).toEqual([{ statement: genuine }])
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('revoked')
  })

  test('it is fetched once governance is back', async () => {
    shown.set(agreement.id, {
      contract: agreement.statement,
      revocations: [await revocationOf(agreement, 'bird', { type: 'contract' })],
    })
    away = true
    await lookups.note(event(agreement.id))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
    away = false
    await isLookedUp()
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('revoked')
  })

  test('one that is issued while another is being fetched is not forgotten', async () => {
    const issued = { contract: agreement.statement, revocations: [await revocationOf(agreement, 'bird', { type: 'contract' })] }
    shown.set(agreement.id, { contract: agreement.statement, revocations: [] })
    whileAsked = async () => {
      whileAsked = undefined
      shown.set(agreement.id, issued)
      await lookups.note(event(agreement.id))
    }
    await lookups.note(event(agreement.id))
    await isLookedUp()
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('revoked')
  })

  test('an event that comes twice has one effect, and one of a contract of others has none', async () => {
    const foreign = event(`sha256:${'1'.repeat(64)}`)
    await lookups.note(foreign)
    await lookups.note(foreign)
    await isLookedUp()
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
  })
})
