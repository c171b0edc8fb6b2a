import {
  beginning,
  type Contract,
  createIdentity,
  endAfter,
  followingEntry,
  type Identity,
  type LedgerDebit,
  ledgerId,
  ledgerNameOf,
  mergeSignatures,
  parseStatement,
  publicKeysOf,
  type Receipt,
  type Release,
  signerOf,
  signStatement,
  type Verified,
  type VerifiedContract,
  type VerifiedRun,
  verifyContract,
} from '@reinraum/statements'
import { beforeAll, describe, expect, test } from 'vitest'
import { contractOf, now } from './testing/contract.ts'
import { verifyReleases } from './verify-releases.ts'

const services = ['air', 'bird', 'sea'] as const
type ServiceName = (typeof services)[number]
const [runId, evidence, strikes, weather, other] = ['1', '2', '3', '4', '5'].map((digit) => `sha256:${digit.repeat(64)}`) as [
  string,
  string,
  string,
  string,
  string,
]
let identities: Readonly<Record<ServiceName, Identity>>
let contract: VerifiedContract
let owners: readonly Identity[]

/** Two slots: the strikes' key is in three shares of which it takes two, the weather's is air's alone. */
beforeAll(async () => {
  const [owner, analyst, ...made] = await Promise.all([1, 2, 3, 4, 5].map(() => createIdentity()))
  if (owner === undefined || analyst === undefined) throw new Error('no parties')
  identities = Object.fromEntries(services.map((name, i) => [name, made[i]])) as Record<ServiceName, Identity>
  const base = contractOf(owner, publicKeysOf(analyst), identities.air)
  const [slot] = base.slots as [Contract['slots'][number]]
  const { executors: referenceValues } = base
  const document: Contract = {
    ...base,
    slots: [
      { ...slot, keyService: { threshold: 2, services: [...services] } },
      { ...slot, id: 'weather', keyService: 'air' },
    ],
    keyServices: services.map((id) => ({ id, custody: 'attested', keys: publicKeysOf(identities[id]), referenceValues })),
  }
  owners = [owner, analyst]
  const [first, second] = await Promise.all(owners.map((party) => signStatement(document, signerOf(party))))
  contract = await verifyContract(await mergeSignatures(first as Uint8Array, second as Uint8Array), { now })
})

/** What the query says that it spends, of which data, under which contract. */
interface Spends {
  readonly of?: VerifiedContract
  readonly privacy?: { readonly epsilon: number; readonly delta: number }
  readonly lineage?: { readonly dataset: string; readonly periods: readonly number[] }
}

interface Said {
  readonly by: ServiceName
  readonly datasets?: readonly (readonly [slot: string, manifest: string])[]
  readonly change?: Partial<Release>
}

let sequence = 0

/** What `verifyReleases` says to a run of both slots, or of those named, for which the key services signed this. */
async function verify(
  said: readonly Said[],
  manifests: Readonly<Record<string, string>> = { strikes, weather },
  spends: Spends = {},
) {
  const statements = await Promise.all(
    said.map(({ by, datasets = [['strikes', strikes]], change }) => {
      sequence += 1
      const release: Release = {
        kind: 'reinraum/release/v1',
        keyService: by,
        contract: contract.id,
        run: runId,
        query: null,
        by: null,
        sequence,
        previous: null,
        outcome: {
          decision: 'released',
          datasets: datasets.map(([slot, manifest]) => ({ slot, manifest })),
          runs: [],
        },
        evidence,
        hardware: false,
        decidedAt: now.toISOString(),
        ...change,
      }
      return signStatement(release, signerOf(identities[by]))
    }),
  )
  const ids = statements.map((statement) => parseStatement(statement).id)
  const run = {
    contract: spends.of ?? contract,
    query: { document: { privacy: spends.privacy } },
    run: { id: runId },
    manifests: new Map(Object.entries(manifests).map(([slot, id]) => [slot, { id, document: { lineage: spends.lineage } }])),
  } as unknown as VerifiedRun
  const receipt = { document: { releases: ids, evidence } } as unknown as Verified<Receipt>
  return verifyReleases(statements, run, receipt).then(
    (releases) => releases.map(({ document }) => document.keyService).join(),
    (error: { readonly code?: string }) => error.code,
  )
}

const both = [
  ['strikes', strikes],
  ['weather', weather],
] as const

describe('the releases of a run', () => {
  test('are enough when each key came from as many key services as it takes', async () => {
    expect(await verify([{ by: 'air', datasets: both }, { by: 'sea' }])).toBe('air,sea')
    expect(await verify([{ by: 'air', datasets: both }, { by: 'bird' }, { by: 'sea' }])).toBe('air,bird,sea')
    expect(await verify([{ by: 'bird' }, { by: 'sea' }], { strikes })).toBe('bird,sea')
  })

  test('are too few when a threshold is not reached, also where another key of the run has its own', async () => {
    expect(await verify([{ by: 'air', datasets: both }])).toBe('receipt-invalid')
    expect(await verify([{ by: 'bird' }, { by: 'sea' }])).toBe('receipt-invalid')
    expect(await verify([])).toBe('receipt-invalid')
  })

  test('count each key service once, however often it released', async () => {
    const twice = [{ by: 'air', datasets: both } as const, { by: 'air', datasets: both } as const]
    expect(await verify(twice)).toBe('receipt-invalid')
  })

  test('count for the dataset version that the run reads, and for no other', async () => {
    expect(
      await verify([
        { by: 'air', datasets: both },
        { by: 'sea', datasets: [['strikes', other]] },
      ]),
    ).toBe('receipt-invalid')
  })

  test('debit what the query spends, of each part of the data whose rule asks for noise', async () => {
    const noise = {
      epsilonBudget: 4,
      deltaBudget: 1e-6,
      maxEpsilonPerQuery: 1,
      mechanism: 'discreteLaplace',
      accounting: 'basic',
      refresh: { everyDays: 1, newDataOnly: true },
    } as const
    const [strikesSlot, ...rest] = contract.document.slots as [Contract['slots'][number], Contract['slots'][number]]
    const document: Contract = {
      ...contract.document,
      slots: [{ ...strikesSlot, rule: { ...strikesSlot.rule, differentialPrivacy: noise } }, ...rest],
    }
    const signed = await Promise.all(owners.map((party) => signStatement(document, signerOf(party))))
    const of = await verifyContract(await mergeSignatures(...(signed as [Uint8Array, Uint8Array])), { now })
    const lineage = { dataset: 'strikes', periods: [1, 3] }
    const spends = { of, lineage, privacy: { epsilon: 0.5, delta: 0 } }
    let holders = 3
    const debited = async (epsilon: number, ...periods: number[]) => {
      const releases = services.slice(0, holders)
      const said = releases.map(async (by): Promise<Said> => {
        const ledger = await Promise.all(periods.map((period) => debitOf(of, by, period, epsilon)))
        const datasets = [{ slot: 'strikes', manifest: strikes }]
        const outcome = { decision: 'released' as const, datasets, runs: [], ...(ledger.length === 0 ? {} : { ledger }) }
        return { by, change: { contract: of.id, outcome } }
      })
      return verify(await Promise.all(said), { strikes }, spends)
    }
    expect(await debited(500_000, 1, 3)).toBe('air,bird,sea')
    expect(await debited(499_999, 1, 3)).toBe('receipt-invalid')
    expect(await debited(500_000, 1)).toBe('receipt-invalid')
    expect(await debited(500_000, 1, 2)).toBe('receipt-invalid')
    expect(await debited(500_000)).toBe('receipt-invalid')
    // Two make the key, and the third did not count the run.
    holders = 2
    expect(await debited(500_000, 1, 3)).toBe('receipt-invalid')
  })

  test('are all of this run and of this evidence, and none is a denial', async () => {
    for (const change of [
      { run: other },
      { evidence: other },
      { outcome: { decision: 'denied' as const, reason: 'revoked' as const } },
    ]) {
      expect(await verify([{ by: 'air', datasets: both }, { by: 'sea' }, { by: 'bird', change }])).toBe('receipt-invalid')
    }
  })

  test('are the ones that the receipt names', async () => {
    const run = { contract, run: { id: runId }, manifests: new Map() } as unknown as VerifiedRun
    const receipt = { document: { releases: [other], evidence } } as unknown as Verified<Receipt>
    await expect(verifyReleases([], run, receipt)).rejects.toMatchObject({ code: 'receipt-invalid' })
  })
})

/** The first entry of a ledger, as a release of the strikes names it. */
async function debitOf(of: VerifiedContract, keyService: string, period: number, epsilon: number): Promise<LedgerDebit> {
  const part = { dataset: 'strikes', period, accounting: 'basic' as const }
  const place = { keyService, ledger: ledgerId(await ledgerNameOf(of.document, 'strikes', part)) }
  const event = { contract: of.id, run: runId, slot: 'strikes', manifest: strikes, at: now.toISOString(), origin: null }
  const charge = { epsilon, delta: 0 }
  const before = beginning(place).digest
  const entry = followingEntry(beginning(place), { charge, event })
  const after = endAfter(place, before, entry).digest
  return { slot: 'strikes', ...part, sequence: 1, before, after, charge, charged: charge, spent: charge }
}
