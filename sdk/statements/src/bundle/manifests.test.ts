import type { ErrorCode } from '@reinraum/crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../kinds/manifest.ts'
import { refusalOf } from '../testing/refusal.ts'
import { type Changes, createParties, createRoom, now, type Parties, type Room, withRule } from '../testing/room.ts'
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

describe('under a rule that asks for noise', () => {
  type Change<K extends keyof Changes> = NonNullable<Changes[K]>
  const noise = {
    epsilonBudget: 4,
    deltaBudget: 1e-6,
    maxEpsilonPerQuery: 1,
    mechanism: 'discreteLaplace',
    accounting: 'basic',
    refresh: { everyDays: 365, newDataOnly: true },
  } as const
  /** `flights` and `airports` are air's; its rule of `flights` asks for noise. */
  const noisy = (refresh: (typeof noise)['refresh'] | 'never' = noise.refresh): Change<'contract'> => {
    return (contract) => ({
      ...contract,
      slots: contract.slots.map((slot) =>
        slot.id === 'flights' ? withRule(slot, { differentialPrivacy: { ...noise, refresh } }) : slot,
      ),
    })
  }
  const spending: Change<'query'> = (query) => ({ ...query, privacy: { epsilon: 1, delta: 0 } })
  const lineage = (of: Readonly<Record<string, NonNullable<Manifest['lineage']>>>): Change<'manifest'> => {
    return (manifest) => ({ ...manifest, ...(of[manifest.slot] === undefined ? {} : { lineage: of[manifest.slot] }) })
  }
  const flights = { dataset: 'flights', periods: [2, 3] }

  test('a version says which data it holds', async () => {
    expect(await refused({ contract: noisy(), query: spending })).toBe('invalid-statement')
    const verified = await verify({ contract: noisy(), query: spending, manifest: lineage({ flights }) })
    expect(verified.manifests.get('flights')?.document.lineage).toEqual(flights)
  })

  test('a query says what it spends', async () => {
    expect(await refused({ contract: noisy(), manifest: lineage({ flights }) })).toBe('privacy-missing')
    const greedy: Change<'query'> = (query) => ({ ...query, privacy: { epsilon: 1.000001, delta: 0 } })
    expect(await refused({ contract: noisy(), query: greedy, manifest: lineage({ flights }) })).toBe('privacy-over-maximum')
    expect(await refused({ query: spending })).toBe('invalid-statement')
  })

  test('new data is of no use where the budget never starts again', async () => {
    expect(await refused({ contract: noisy('never'), query: spending, manifest: lineage({ flights }) })).toBe('invalid-statement')
    const first = lineage({ flights: { dataset: 'flights', periods: [1] } })
    await expect(verify({ contract: noisy('never'), query: spending, manifest: first })).resolves.toBeDefined()
  })

  test('one part of a dataset is not read in two slots', async () => {
    const twice = { flights, airports: { dataset: 'flights', periods: [1, 3] } }
    expect(await refused({ contract: noisy(), query: spending, manifest: lineage(twice) })).toBe('dataset-version-not-allowed')
    const apart = { flights, airports: { dataset: 'flights', periods: [1] }, strikes: flights }
    await expect(verify({ contract: noisy(), query: spending, manifest: lineage(apart) })).resolves.toBeDefined()
    // Without noise nothing is debited, and one dataset may stand in two slots.
    await expect(verify({ manifest: lineage(twice) })).resolves.toBeDefined()
  })

  test('parts of a dataset are sorted and differ', async () => {
    for (const periods of [[], [0], [2, 2], [3, 2], [1.5]]) {
      const manifest = lineage({ flights: { dataset: 'flights', periods } })
      expect(await refused({ contract: noisy(), query: spending, manifest })).toBe('invalid-statement')
    }
  })
})
