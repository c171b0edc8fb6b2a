import { beforeAll, describe, expect, test } from 'vitest'
import { publicKeysOf } from '../identity.ts'
import type { Contract } from '../kinds/contract.ts'
import { memberByKey, requireRole } from '../members.ts'
import { mergeSignatures } from '../merge-signatures.ts'
import { tamper } from '../testing/forgery.ts'
import { refusalOf } from '../testing/refusal.ts'
import {
  after,
  before,
  contractOf,
  createParties,
  member,
  now,
  type Parties,
  queryOf,
  revocationOf,
  signAs,
  signAsAll,
} from '../testing/room.ts'
import { verifyContract } from './contract.ts'
import { verifyQuery } from './query.ts'
import { verifyRevocation } from './revocation.ts'

let parties: Parties
let contract: Contract
const everybody = ['air', 'bird', 'analyst', 'officer', 'reviewer'] as const
beforeAll(async () => {
  parties = await createParties()
  contract = contractOf(parties)
})

describe('acceptance', () => {
  test('a contract is in force once every member has signed it with both keys', async () => {
    const bytes = await signAsAll(parties, everybody, contract)
    expect((await verifyContract(bytes, { now })).acceptedBy).toEqual(everybody)
  })

  test('a contract that one member has not signed is incomplete, and may be so only when asked for', async () => {
    const bytes = await signAsAll(parties, everybody.slice(0, 4), contract)
    expect(await refusalOf(() => verifyContract(bytes, { now }))).toBe('contract-incomplete')
    expect((await verifyContract(bytes, { now, complete: false })).acceptedBy).toEqual(everybody.slice(0, 4))
  })

  test('an incomplete contract carries no other statement, but a revocation', async () => {
    const bytes = await signAsAll(parties, ['air'], contract)
    const proposed = await verifyContract(bytes, { now, complete: false })
    const query = await signAs(parties, 'analyst', queryOf(proposed.id))
    expect(await refusalOf(() => verifyQuery(query, proposed, now))).toBe('contract-incomplete')
    const room = { contract: proposed.id, query: '', manifests: {}, approvals: {} }
    const revocation = await signAs(parties, 'bird', revocationOf(room, 'bird', { type: 'contract' }))
    await expect(verifyRevocation(revocation, proposed, now)).resolves.toBeDefined()
  })

  test('a contract that nobody signed is refused, also while it is being signed', async () => {
    const bytes = tamper(await signAs(parties, 'air', contract), (jws) => ({ ...jws, signatures: [] }))
    for (const complete of [true, false]) {
      expect(await refusalOf(() => verifyContract(bytes, { now, complete }))).toBe('signature-missing')
    }
  })

  test('half of an acceptance is refused, also while the contract is being signed', async () => {
    const bytes = await signAsAll(parties, everybody, contract)
    const half = tamper(bytes, (jws) => ({ ...jws, signatures: jws.signatures.slice(1) }))
    for (const complete of [true, false]) {
      expect(await refusalOf(() => verifyContract(half, { now, complete }))).toBe('signature-missing')
    }
  })

  test('one invalid signature among all is refused, also while the contract is being signed', async () => {
    const bytes = await signAsAll(parties, everybody, contract)
    const other = await signAs(parties, 'air', { ...contract, name: 'Other' })
    const foreign = JSON.parse(new TextDecoder().decode(other)) as { signatures: { protected: string }[] }
    for (const stolen of foreign.signatures) {
      const mixed = tamper(bytes, (jws) => ({
        ...jws,
        signatures: jws.signatures.map((s) => (s.protected === stolen.protected ? stolen : s)),
      }))
      for (const complete of [true, false]) {
        expect(await refusalOf(() => verifyContract(mixed, { now, complete }))).toBe('signature-invalid')
      }
    }
  })

  test('a signature by somebody who is no member is refused, and a key service is none', async () => {
    const bytes = await signAsAll(parties, everybody, contract)
    for (const name of ['stranger', 'air-keys']) {
      const more = await mergeSignatures(bytes, await signAs(parties, name, contract))
      expect(await refusalOf(() => verifyContract(more, { now }))).toBe('unknown-member')
    }
  })

  test('a contract is accepted before it begins, and not after it ended', async () => {
    const early = await signAsAll(parties, everybody, { ...contract, validity: after })
    expect(await refusalOf(() => verifyContract(early, { now }))).toBe('not-yet-valid')
    await expect(verifyContract(early, { now, complete: false })).resolves.toBeDefined()
    const late = await signAsAll(parties, everybody, { ...contract, validity: before })
    for (const complete of [true, false]) {
      expect(await refusalOf(() => verifyContract(late, { now, complete }))).toBe('expired')
    }
  })

  test('what was verified under a contract then is refused under it after it ended', async () => {
    const verified = await verifyContract(await signAsAll(parties, everybody, contract), { now })
    const query = await signAs(parties, 'analyst', queryOf(verified.id))
    await expect(verifyQuery(query, verified, now)).resolves.toBeDefined()
    expect(await refusalOf(() => verifyQuery(query, verified, new Date('2027-01-02T00:00:00Z')))).toBe('expired')
  })
})

/** The first slot's key in three shares; who operates the third key service, or nobody: then it is attested, as is air's. */
function inShares(document: Contract, operator: string | undefined): Contract {
  const { executors: referenceValues } = document
  const third = { id: 'third-keys', keys: publicKeysOf(parties.stranger) }
  const [air, ...others] = document.keyServices
  if (air === undefined) throw new Error('no key service')
  const keyService = { threshold: 2, services: ['air-keys', 'shared-keys', 'third-keys'] }
  const slots = document.slots.map((slot, index) => (index === 0 ? { ...slot, keyService } : slot))
  if (operator === undefined) {
    const attested = [air, third].map(({ id, keys }) => ({ id, keys, custody: 'attested' as const, referenceValues }))
    return { ...document, slots, keyServices: [...attested, ...others] }
  }
  return { ...document, slots, keyServices: [air, ...others, { ...third, custody: 'owner', operator }] }
}

describe('references', () => {
  const [slotA, slotB, slotC] = [0, 1, 2]
  const changeSlot = (index: number, change: Partial<Contract['slots'][number]>) => (c: Contract) => ({
    ...c,
    slots: c.slots.map((s, i) => (i === index ? { ...s, ...change } : s)),
  })
  const changeRule = (change: Partial<Contract['slots'][number]['rule']>) => (c: Contract) => ({
    ...c,
    slots: c.slots.map((s) => ({ ...s, rule: { ...s.rule, ...change } })),
  })
  const withKeys = (index: number, keys: (c: Contract) => Contract['members'][number]['keys']) => (c: Contract) => ({
    ...c,
    members: c.members.map((m, i) => (i === index ? { ...m, keys: keys(c) } : m)),
  })
  const first = (c: Contract) => {
    const found = c.members[0]
    if (!found) throw new Error('no member')
    return found
  }
  const cases: readonly [string, (c: Contract) => Contract, string][] = [
    ['a member id twice', (c) => ({ ...c, members: [...c.members, member(parties, 'air', ['owner'])] }), 'invalid-statement'],
    ['a slot id twice', changeSlot(slotB, { id: 'strikes' }), 'invalid-statement'],
    [
      'a key service twice',
      (c) => ({
        ...c,
        keyServices: [
          ...c.keyServices,
          { id: 'air-keys', custody: 'owner', operator: 'air', keys: publicKeysOf(parties.stranger) },
        ],
      }),
      'invalid-statement',
    ],
    [
      'a role twice',
      (c) => ({ ...c, members: c.members.map((m) => ({ ...m, roles: [...m.roles, ...m.roles] })) }),
      'invalid-statement',
    ],
    ['a recipient twice', (c) => ({ ...c, results: { ...c.results, recipients: ['air', 'air'] } }), 'invalid-statement'],
    [
      'a reviewer twice',
      (c) => ({ ...c, results: { ...c.results, reviewers: [...c.results.reviewers, ...c.results.reviewers] } }),
      'invalid-statement',
    ],
    [
      'one Ed25519 key for two members',
      withKeys(1, (c) => ({
        ...publicKeysOf(parties.bird),
        signing: { ...publicKeysOf(parties.bird).signing, ed25519: first(c).keys.signing.ed25519 },
      })),
      'invalid-statement',
    ],
    [
      'one ML-DSA-65 key for two members',
      withKeys(1, (c) => ({
        ...publicKeysOf(parties.bird),
        signing: { ...publicKeysOf(parties.bird).signing, mldsa65: first(c).keys.signing.mldsa65 },
      })),
      'invalid-statement',
    ],
    [
      'one HPKE key for two members',
      withKeys(1, (c) => ({ ...publicKeysOf(parties.bird), hpke: first(c).keys.hpke })),
      'invalid-statement',
    ],
    ['the keys of a key service for a member', withKeys(1, () => publicKeysOf(parties['shared-keys'])), 'invalid-statement'],
    ['a slot of nobody', changeSlot(slotA, { owner: 'stranger' }), 'unknown-member'],
    ['a slot of a member without the role owner', changeSlot(slotA, { owner: 'analyst' }), 'role-missing'],
    ['a slot whose key service does not exist', changeSlot(slotC, { keyService: 'no-keys' }), 'invalid-statement'],
    [
      'a key service operated by nobody',
      (c) => ({ ...c, keyServices: c.keyServices.map((k) => (k.custody === 'owner' ? { ...k, operator: 'stranger' } : k)) }),
      'unknown-member',
    ],
    [
      'a key service operated by an analyst',
      (c) => ({ ...c, keyServices: c.keyServices.map((k) => (k.custody === 'owner' ? { ...k, operator: 'analyst' } : k)) }),
      'role-missing',
    ],
    [
      'a threshold above the number of key services',
      changeSlot(slotA, { keyService: { threshold: 3, services: ['air-keys', 'shared-keys'] } }),
      'invalid-statement',
    ],
    [
      'a threshold of one',
      changeSlot(slotA, { keyService: { threshold: 1, services: ['air-keys', 'shared-keys'] } }),
      'invalid-statement',
    ],
    [
      'a key in shares of which one key service has two',
      changeSlot(slotA, { keyService: { threshold: 2, services: ['air-keys', 'shared-keys', 'air-keys'] } }),
      'invalid-statement',
    ],
    [
      'a key in shares of which one goes to a key service that does not exist',
      changeSlot(slotA, { keyService: { threshold: 2, services: ['air-keys', 'shared-keys', 'no-keys'] } }),
      'invalid-statement',
    ],
    ['a key in shares of two key services that one owner operates', (c) => inShares(c, 'air'), 'invalid-statement'],
    ['an approver who is no member', changeRule({ approvals: { by: ['stranger'], threshold: 'all' } }), 'unknown-member'],
    ['an approver twice', changeRule({ approvals: { by: ['air', 'air'], threshold: 2 } }), 'invalid-statement'],
    ['more approvals than approvers', changeRule({ approvals: { by: ['air'], threshold: 2 } }), 'invalid-statement'],
    ['a rule about a column that the schema does not hold', changeRule({ columns: { name: {} } }), 'invalid-statement'],
    ['a privacy unit that the schema does not hold', changeRule({ privacyUnit: { column: 'name' } }), 'invalid-statement'],
    ['a recipient who is no member', (c) => ({ ...c, results: { ...c.results, recipients: ['stranger'] } }), 'unknown-member'],
    [
      'a reviewer who is no member',
      (c) => ({ ...c, results: { ...c.results, reviewers: [{ member: 'stranger', mode: 'approve' }] } }),
      'unknown-member',
    ],
    ['a slot name that is no SQL name', changeSlot(slotA, { id: 'strikes; DROP' }), 'invalid-statement'],
    [
      'a validity that ends before it begins',
      (c) => ({ ...c, validity: { notBefore: after.notBefore, notAfter: before.notBefore } }),
      'invalid-statement',
    ],
    [
      'a date that does not exist',
      (c) => ({ ...c, validity: { ...c.validity, notAfter: '2027-02-30T00:00:00.000Z' } }),
      'invalid-statement',
    ],
  ]

  test.each([
    ['of two owners and an attested one', (c: Contract) => inShares(c, 'bird')],
    ['that are all attested', (c: Contract) => inShares(c, undefined)],
  ])('a key may lie in shares with key services %s', async (_, change) => {
    const bytes = await signAsAll(parties, everybody, change(contract))
    const { document } = await verifyContract(bytes, { now })
    expect(document.slots[0]?.keyService).toEqual({ threshold: 2, services: ['air-keys', 'shared-keys', 'third-keys'] })
  })

  test.each(cases)('a contract with %s is refused', async (_, change, code) => {
    expect(await refusalOf(() => signAs(parties, 'air', change(contract)))).toBe(code)
  })
})

describe('members', () => {
  test('are found by their Ed25519 key, and nobody else is', async () => {
    const verified = await verifyContract(await signAsAll(parties, everybody, contract), { now })
    expect(memberByKey(verified, publicKeysOf(parties.bird).signing.ed25519)?.id).toBe('bird')
    expect(memberByKey(verified, publicKeysOf(parties['air-keys']).signing.ed25519)).toBeUndefined()
    expect(memberByKey(verified, publicKeysOf(parties.stranger).signing.ed25519)).toBeUndefined()
  })

  test('act only in a role that they have', async () => {
    expect(requireRole(member(parties, 'air', ['owner']), 'owner')).toBeUndefined()
    expect(await refusalOf(() => requireRole(member(parties, 'air', ['owner']), 'analyst'))).toBe('role-missing')
  })
})
