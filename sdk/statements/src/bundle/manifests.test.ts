import type { ErrorCode } from '@reinraum/crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { refusalOf } from '../testing/refusal.ts'
import { type Changes, createParties, createRoom, now, type Parties, type Room } from '../testing/room.ts'
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
const id = `sha256:${'0'.repeat(64)}`

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
