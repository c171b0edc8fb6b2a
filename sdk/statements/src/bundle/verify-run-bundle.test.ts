import type { ErrorCode } from '@reinraum/crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { withBadSignature, withoutSignature, withPayload } from '../testing/forgery.ts'
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
  type Room,
  revocationOf,
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
      const bundle = withStatement(name, (bytes) => withoutSignature(bytes, algorithm))
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
