import type { ErrorCode } from '@reinraum/crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Contract } from '../kinds/contract.ts'
import { refusalOf } from '../testing/refusal.ts'
import {
  after,
  approvalOf,
  before,
  type Changes,
  createParties,
  createRoom,
  during,
  now,
  type Parties,
  type Referable,
  type Room,
  rejectionOf,
  revocationOf,
  signAs,
  tamper,
  withPayload,
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
const at = (bytes: readonly Uint8Array[], index = 0): Uint8Array => {
  const found = bytes[index]
  if (!found) throw new Error('no such statement')
  return found
}
const replaced = (bytes: readonly Uint8Array[], index: number, by: Uint8Array) => bytes.map((b, i) => (i === index ? by : b))
const id = `sha256:${'0'.repeat(64)}`

describe('a valid bundle', () => {
  test('verifies, with the approvals that count and the manifest of each slot', async () => {
    const result = await verifyRunBundle(valid.bundle, { now })
    expect(result.contract.id).toBe(valid.contract)
    expect(result.query.id).toBe(valid.query)
    expect(result.run.id).toBe(valid.run)
    expect(result.approvals.map((a) => a.document.by).toSorted()).toEqual(['air', 'bird', 'officer'])
    expect(new Map([...result.manifests].map(([slot, m]) => [slot, m.id]))).toEqual(new Map(Object.entries(valid.manifests)))
    expect(result.revocations).toEqual([])
  })

  test('gives a result that cannot be changed', async () => {
    const result = await verifyRunBundle(valid.bundle, { now })
    expect(() => Object.assign(result.run.document, { by: 'stranger' })).toThrow(TypeError)
    expect(() => result.run.document.recipients.push('stranger')).toThrow(TypeError)
    expect(() => Object.assign(result.contract.document.members[0] ?? {}, { roles: ['owner'] })).toThrow(TypeError)
    expect(() => (result.manifests as Map<string, unknown>).delete('strikes')).toThrow(TypeError)
    expect(() => (result.approvals as unknown[]).push({})).toThrow(TypeError)
  })

  test('keeps its own copy of the bytes', async () => {
    const run = Uint8Array.from(valid.bundle.run)
    const result = await verifyRunBundle({ ...valid.bundle, run }, { now })
    run.fill(0)
    expect(result.run.bytes).toEqual(valid.bundle.run)
  })

  test('may hold the same approval or revocation twice', async () => {
    const other = await verify({
      decisions: (room) => [approvalOf(room, 'air')],
      revocations: (room) => [0, 1].map(() => revocationOf(room, 'air', { type: 'datasetVersion', manifest: id })),
    })
    expect(other.approvals).toHaveLength(3)
    expect(other.revocations).toHaveLength(1)
  })
})

describe('signatures', () => {
  const statements = ['contract', 'query', 'run', 'decisions', 'manifests'] as const
  const withStatement = (name: (typeof statements)[number], change: (bytes: Uint8Array) => Uint8Array) => {
    const value = valid.bundle[name]
    return { [name]: value instanceof Uint8Array ? change(value) : replaced(value, 0, change(at(value))) }
  }

  test.each(statements)('a %s whose Ed25519 or whose ML-DSA-65 signature alone is bad is refused', async (name) => {
    for (const algorithm of ['Ed25519', 'ML-DSA-65']) {
      const bundle = withStatement(name, (bytes) => withBadSignature(bytes, algorithm))
      expect(await refusedBytes(bundle)).toBe('signature-invalid')
    }
  })

  test.each(statements)('a %s with only one of the two signatures is refused', async (name) => {
    for (const algorithm of ['Ed25519', 'ML-DSA-65']) {
      const bundle = withStatement(name, (bytes) =>
        tamper(bytes, (jws) => ({ ...jws, signatures: dropFirst(jws.signatures, (s) => algorithmOf(s) === algorithm) })),
      )
      expect(await refusedBytes(bundle)).toBe('signature-missing')
    }
  })

  test('a statement signed by a stranger, in the name of a member, is refused', async () => {
    for (const kind of ['query', 'run', 'manifest', 'approval'] as const) {
      const code = await refused({ signer: (d) => (d.kind === `reinraum/${kind}/v1` ? 'stranger' : undefined) })
      expect([kind, code]).toEqual([kind, 'unknown-member'])
    }
  })

  test('a statement signed by another member than the one it names is refused', async () => {
    expect(await refused({ signer: (d) => (d.kind === 'reinraum/approval/v1' ? 'analyst' : undefined) })).toBe(
      'signature-missing',
    )
    expect(await refused({ signer: (d) => (d.kind === 'reinraum/run/v1' ? 'air' : undefined) })).toBe('signature-missing')
  })

  test('a statement by somebody who is no member is refused', async () => {
    expect(await refused({ run: (run) => ({ ...run, by: 'stranger' }) })).toBe('unknown-member')
  })

  test('a query altered by one character after it was signed is refused', async () => {
    const query = withPayload(valid.bundle.query, (d) => ({ ...d, sql: `${d.sql} ` }))
    expect(await refusedBytes({ query })).toBe('signature-invalid')
  })

  test('a query altered by one character and signed again is another query', async () => {
    const other = await createRoom(parties, { query: (query) => ({ ...query, sql: `${query.sql} ` }) })
    expect(await refusedBytes({ query: other.bundle.query })).toBe('query-mismatch')
  })

  test('an unknown field is refused, even under good signatures', async () => {
    const run = withPayload(valid.bundle.run, (d) => ({ ...d, dryRun: false }))
    expect(await refusedBytes({ run })).toBe('unknown-field')
  })

  test('a statement of another kind in its place is refused', async () => {
    expect(await refusedBytes({ run: valid.bundle.query })).toBe('invalid-statement')
    expect(await refusedBytes({ decisions: [valid.bundle.run] })).toBe('invalid-statement')
    expect(await refusedBytes({ contract: valid.bundle.run })).toBe('invalid-statement')
  })
})

describe('time', () => {
  test('an expired contract is refused', async () => {
    expect(await refused({ contract: (c) => ({ ...c, validity: before }) })).toBe('expired')
  })
  test('a contract that begins later is refused', async () => {
    expect(await refused({ contract: (c) => ({ ...c, validity: after }) })).toBe('not-yet-valid')
  })
  test('an expired run is refused', async () => {
    expect(await refused({ run: (run) => ({ ...run, validity: before }) })).toBe('expired')
  })
  test('a run that begins later is refused', async () => {
    expect(await refused({ run: (run) => ({ ...run, validity: after }) })).toBe('not-yet-valid')
  })
  test('an expired approval is refused', async () => {
    expect(await refused({ approval: (a) => (a.by === 'air' ? { ...a, validity: before } : a) })).toBe('approval-expired')
  })
  test('an approval that begins later is refused', async () => {
    expect(await refused({ approval: (a) => (a.by === 'air' ? { ...a, validity: after } : a) })).toBe('not-yet-valid')
  })
  test('a time that is none is refused', async () => {
    expect(await refusalOf(() => verifyRunBundle(valid.bundle, { now: new Date(Number.NaN) }))).toBe('invalid-argument')
  })
  test('validity includes its first and its last millisecond', async () => {
    for (const time of [during.notBefore, during.notAfter]) {
      await expect(verifyRunBundle(valid.bundle, { now: new Date(time) })).resolves.toBeDefined()
    }
    const late = new Date(Date.parse(during.notAfter) + 1)
    expect(await refusalOf(() => verifyRunBundle(valid.bundle, { now: late }))).toBe('expired')
  })
})

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

describe('the run and its query', () => {
  test('a run of another query is refused', async () => {
    expect(await refused({ run: (run) => ({ ...run, query: id }) })).toBe('query-mismatch')
  })

  test('a query of another contract is refused', async () => {
    expect(await refused({ query: (query) => ({ ...query, contract: id }) })).toBe('contract-mismatch')
  })

  test('statements of two rooms with equal members do not mix', async () => {
    const other = await createRoom(parties, { contract: (c) => ({ ...c, name: 'Another' }) })
    for (const name of ['query', 'run', 'manifests', 'decisions'] as const) {
      expect(await refusedBytes({ [name]: other.bundle[name] })).toBe('contract-mismatch')
    }
  })

  test('a parameter that is missing, extra, of the wrong type or outside its domain is refused', async () => {
    const good = { since: '2024-02-29', state: 'Texas', limit: 100 }
    for (const parameters of [
      { since: good.since, state: good.state },
      { ...good, extra: 1 },
      { ...good, constructor: 1 },
      { ...good, limit: '100' },
      { ...good, limit: 1.5 },
      { ...good, limit: 0 },
      { ...good, limit: 101 },
      { ...good, state: 'texas' },
      { ...good, state: true },
      { ...good, since: '2023-02-29' },
      { ...good, since: '1999-12-31' },
      { ...good, since: '2024-2-29' },
    ]) {
      expect([parameters, await refused({ run: (run) => ({ ...run, parameters }) })]).toEqual([
        parameters,
        'parameter-outside-domain',
      ])
    }
  })

  test('a parameter named like a member of every object is still missing', async () => {
    const query = (q: Parameters<NonNullable<Changes['query']>>[0]) => ({
      ...q,
      parameters: [{ name: 'constructor', type: 'VARCHAR' as const, domain: { values: ['a'] } }],
    })
    expect(await refused({ query, run: (run) => ({ ...run, parameters: {} }) })).toBe('parameter-outside-domain')
  })

  test('a run by a member without the role analyst is refused', async () => {
    expect(await refused({ run: (run) => ({ ...run, by: 'air' }) })).toBe('role-missing')
  })

  test('a query by a member without the role analyst is refused', async () => {
    expect(await refused({ query: (query) => ({ ...query, by: 'air' }) })).toBe('role-missing')
  })

  test('a recipient whom the contract does not name is refused', async () => {
    for (const recipient of ['bird', 'stranger']) {
      expect(await refused({ run: (run) => ({ ...run, recipients: ['analyst', recipient] }) })).toBe('recipient-not-allowed')
    }
  })
  test('a recipient named twice is refused', async () => {
    expect(await refused({ run: (run) => ({ ...run, recipients: ['air', 'air'] }) })).toBe('invalid-statement')
  })
})

describe('dataset versions', () => {
  test('manifests swapped between slots are refused', async () => {
    const swapped: Changes['run'] = (run, { manifests }) => ({
      ...run,
      versions: { ...run.versions, strikes: manifests.flights ?? '', flights: manifests.strikes ?? '' },
    })
    expect(await refused({ run: swapped })).toBe('dataset-version-not-allowed')
  })

  test('one manifest for two slots is refused', async () => {
    const { bundle } = await createRoom(parties, {
      run: (run, { manifests }) => ({ ...run, versions: { ...run.versions, airports: manifests.flights ?? '' } }),
    })
    const manifests = bundle.manifests.slice(0, 2)
    expect(await refusalOf(() => verifyRunBundle({ ...bundle, manifests }, { now }))).toBe('dataset-version-not-allowed')
  })

  test('a version missing for a slot, or given for a slot that the query does not read, is refused', async () => {
    const missing: Changes['run'] = (run, { manifests }) => ({ ...run, versions: { strikes: manifests.strikes ?? '' } })
    expect(await refused({ run: missing })).toBe('dataset-version-not-allowed')
    expect(await refused({ query: (query) => ({ ...query, slots: ['flights', 'strikes'] }) })).toBe('dataset-version-not-allowed')
    const other: Changes['run'] = (run, { manifests }) => ({
      ...run,
      versions: { strikes: manifests.strikes ?? '', flights: manifests.flights ?? '', constructor: id },
    })
    expect(await refused({ run: other })).toBe('dataset-version-not-allowed')
  })

  test('a manifest that is not in the bundle, or that the run does not name, is refused', async () => {
    expect(await refusedBytes({ manifests: valid.bundle.manifests.slice(1) })).toBe('dataset-version-not-allowed')
    const second = await createRoom(parties, { manifest: (m) => ({ ...m, version: 2 }) })
    expect(await refusedBytes({ manifests: second.bundle.manifests })).toBe('dataset-version-not-allowed')
    const both = [...valid.bundle.manifests, at(second.bundle.manifests)]
    expect(await refusedBytes({ manifests: both })).toBe('dataset-version-not-allowed')
  })

  test('a manifest by an owner of other slots is refused', async () => {
    expect(await refused({ manifest: (m) => (m.slot === 'strikes' ? { ...m, by: 'air' } : m) })).toBe('role-missing')
  })

  test('a manifest by a member who owns nothing is refused', async () => {
    expect(await refused({ manifest: (m) => (m.slot === 'strikes' ? { ...m, by: 'analyst' } : m) })).toBe('role-missing')
  })

  test('a manifest with another schema than its slot is refused', async () => {
    const schema = { columns: [{ name: 'state', type: 'VARCHAR' as const }] }
    expect(await refused({ manifest: (m) => ({ ...m, schema }) })).toBe('schema-mismatch')
  })
})

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

describe('sizes', () => {
  // Copies of valid statements, so that nothing but their number or their size is wrong.
  test('more statements than the protocol allows are refused', async () => {
    const { revocations } = (
      await createRoom(parties, {
        revocations: (room) => [revocationOf(room, 'bird', { type: 'datasetVersion', manifest: id })],
      })
    ).bundle
    const copies = (bytes: readonly Uint8Array[], count: number) => [
      ...bytes,
      ...Array.from({ length: count - bytes.length }, () => at(bytes)),
    ]
    for (const [name, bytes, limit] of [
      ['decisions', valid.bundle.decisions, 256],
      ['manifests', valid.bundle.manifests, 64],
      ['revocations', revocations, 1024],
    ] as const) {
      const bundle = { ...valid.bundle, [name]: copies(bytes, limit) }
      await expect(verifyRunBundle(bundle, { now })).resolves.toBeDefined()
      expect([name, await refusedBytes({ [name]: copies(bytes, limit + 1) })]).toEqual([name, 'invalid-statement'])
    }
  })

  test('a bundle of more than 20 MiB is refused', async () => {
    const large = new TextEncoder().encode(new TextDecoder().decode(at(valid.bundle.decisions)).padEnd(4 * 1024 * 1024))
    const decisions = (count: number) => [...valid.bundle.decisions, ...Array.from({ length: count }, () => large)]
    await expect(verifyRunBundle({ ...valid.bundle, decisions: decisions(4) }, { now })).resolves.toBeDefined()
    expect(await refusedBytes({ decisions: decisions(5) })).toBe('invalid-statement')
  })
})

function withRule(slot: Contract['slots'][number], rule: Partial<Contract['slots'][number]['rule']>): Contract['slots'][number] {
  return { ...slot, rule: { ...slot.rule, ...rule } }
}

type Signatures = { protected: string; signature: string }[]
function algorithmOf(signature: Signatures[number]): string {
  return (JSON.parse(atob(signature.protected)) as { alg: string }).alg
}

/** Flips one bit in the middle of the first signature of the algorithm. */
function withBadSignature(bytes: Uint8Array, algorithm: string): Uint8Array {
  return tamper(bytes, (jws) => {
    const index = jws.signatures.findIndex((s) => algorithmOf(s) === algorithm)
    const signatures = jws.signatures.map((s, i) => (i === index ? { ...s, signature: flipped(s.signature) } : s))
    return { ...jws, signatures }
  })
}

function flipped(text: string): string {
  return `${text.slice(0, 40)}${text[40] === 'A' ? 'B' : 'A'}${text.slice(41)}`
}

function dropFirst<T>(list: readonly T[], match: (value: T) => boolean): T[] {
  const index = list.findIndex(match)
  return list.filter((_, i) => i !== index)
}
