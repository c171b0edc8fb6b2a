import { create } from '@bufbuild/protobuf'
import { canonicalBytes, generateHpkeKeyPair, hpkeSeal, randomBytes, toBase64url, utf8 } from '@reinraum/crypto'
import { KeysReleasedSchema, ReleasedHistorySchema } from '@reinraum/proto'
import {
  type Contract,
  createIdentity,
  historyKeyCheck,
  historyPlace,
  type Identity,
  publicKeysOf,
  type Release,
  signerOf,
  signStatement,
  type VerifiedContract,
  type VerifiedRun,
} from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type AskedWith, openReleased } from './open-released.ts'

const digest = (digit: number) => `sha256:${String(digit).repeat(64)}`
const [contractId, runId, evidence, visits, areas, other] = [1, 2, 3, 4, 5, 6].map(digest) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const reportData = randomBytes(64)
let own: Identity
let stranger: Identity
let asked: AskedWith

/** `own` holds a share of the visits and all of the areas; the districts it does not hold. */
beforeAll(async () => {
  ;[own, stranger] = await Promise.all([createIdentity(), createIdentity()])
  const rule = { output: {} }
  const slots = [
    { id: 'visits', keyService: { threshold: 2, services: ['other', 'own'] }, rule },
    { id: 'areas', keyService: 'own', rule },
    { id: 'districts', keyService: 'other', rule },
  ]
  const keyServices = [
    { id: 'own', keys: publicKeysOf(own) },
    { id: 'other', keys: publicKeysOf(stranger) },
  ]
  // Only what is read here; whether a contract is complete is tested where contracts are verified.
  const contract = { id: contractId, document: { slots, keyServices, members: [] } as unknown as Contract } as VerifiedContract
  const manifests = new Map([
    ['visits', { id: visits }],
    ['areas', { id: areas }],
    ['districts', { id: other }],
  ])
  const run = { contract, run: { id: runId }, manifests } as unknown as VerifiedRun
  asked = { run, keys: { kem: await generateHpkeKeyPair() }, reportData, evidence }
})

const both = [
  { slot: 'visits', manifest: visits },
  { slot: 'areas', manifest: areas },
]

interface Said {
  readonly keys?: readonly { readonly slot: string; readonly manifest: string }[]
  readonly release?: Partial<Release>
  readonly by?: Identity
  /** what stands where a sealed object should */
  readonly sealedKey?: Uint8Array
}

/** What a key service answers: honest but for what is said otherwise. */
async function answer({ keys = both, release, by = own, sealedKey }: Said = {}) {
  const parts = new Map(keys.map(({ slot }) => [slot, randomBytes(slot === 'visits' ? 33 : 32)]))
  const document: Release = {
    kind: 'reinraum/release/v1',
    keyService: 'own',
    contract: contractId,
    run: runId,
    query: null,
    by: null,
    sequence: 1,
    previous: null,
    outcome: { decision: 'released', datasets: both, runs: [] },
    evidence,
    hardware: false,
    decidedAt: '2026-06-01T00:00:00.000Z',
    ...release,
  }
  const released = create(KeysReleasedSchema, {
    keys: await Promise.all(
      keys.map(async ({ slot, manifest }) => {
        const binding = { info: reportData, aad: utf8(manifest) }
        const sealed = await hpkeSeal(asked.keys.kem.publicKey, parts.get(slot) as Uint8Array, binding)
        return { slot, manifestId: manifest, sealedKey: sealedKey ?? canonicalBytes(sealed) }
      }),
    ),
    release: await signStatement(document, signerOf(by)),
    leaseExpiresAt: 1_780_000_000_000n,
  })
  return { parts, released }
}

const refused = async (said: Said) => refusalOf(async () => openReleased('own', (await answer(said)).released, asked))

describe('what a key service released', () => {
  it('is a part of the key for every slot of the run that it holds, with its statement and its lease', async () => {
    const { parts, released } = await answer()
    const opened = await openReleased('own', released, asked)
    expect(opened.parts).toEqual(parts)
    expect(opened.release.document).toMatchObject({ keyService: 'own', run: runId })
    expect(opened.leaseExpiresAt).toBe(1_780_000_000_000)
  })

  it('is refused when a slot is missing, there twice, of another version, or not its own', async () => {
    const [first, second] = both as [(typeof both)[0], (typeof both)[0]]
    const districts = { slot: 'districts', manifest: other }
    for (const keys of [[first], [], [first, second, second], [first, { ...second, manifest: other }], [...both, districts]]) {
      expect(await refused({ keys })).toBe('key-mismatch')
    }
  })

  it.each([
    ['another run', { run: other }],
    ['other evidence', { evidence: other }],
    ['no evidence', { evidence: null }],
    ['a denial', { outcome: { decision: 'denied', reason: 'revoked' } }],
    ['fewer datasets', { outcome: { decision: 'released', datasets: [{ slot: 'visits', manifest: visits }], runs: [] } }],
  ] as readonly [string, Partial<Release>][])(
    'is refused when its statement speaks of %s: it would spoil the receipt',
    async (_, release) => {
      expect(await refused({ release })).toBe('key-mismatch')
    },
  )

  it('is refused when another key service signed, or speaks', async () => {
    expect(await refused({ by: stranger })).toBe('signature-missing')
    // The release of another for the one slot that both hold, shown once more, would count twice.
    const shared = [{ slot: 'visits', manifest: visits }]
    const run = { ...asked.run, manifests: new Map([['visits', { id: visits }]]) } as unknown as VerifiedRun
    const release = { outcome: { decision: 'released' as const, datasets: shared, runs: [] } }
    const open = async (said: Said) => openReleased('own', (await answer({ keys: shared, ...said })).released, { ...asked, run })
    await expect(open({ release })).resolves.toBeDefined()
    expect(await refusalOf(() => open({ by: stranger, release: { ...release, keyService: 'other' } }))).toBe('key-mismatch')
  })

  it('is a history too, of each slot whose results are compared, with the key that its statement commits to', async () => {
    const slots = asked.run.contract.document.slots.map((slot) =>
      slot.id === 'areas' ? { ...slot, rule: { output: { differencing: 'suppressRow' } } } : slot,
    )
    const run = { ...asked.run, contract: { ...asked.run.contract, document: { ...asked.run.contract.document, slots } } }
    const place = { keyService: 'own', contract: contractId, slot: 'areas' }
    const key = randomBytes(32)
    const open = async (change: {
      readonly key?: Uint8Array
      readonly slot?: string
      readonly named?: boolean
      readonly given?: boolean
    }) => {
      const history = {
        slot: change.slot ?? 'areas',
        key: toBase64url(historyKeyCheck(change.key ?? key, place)),
        entries: 3,
        head: digest(7),
      }
      const histories = change.named === false ? {} : { histories: [history] }
      const { released } = await answer({
        release: { outcome: { decision: 'released', datasets: both, runs: [], ...histories } },
      })
      const sealed = await hpkeSeal(asked.keys.kem.publicKey, key, { info: reportData, aad: historyPlace(place) })
      const given = change.given === false ? [] : [{ slot: history.slot, sealedKey: canonicalBytes(sealed) }]
      const message = { ...released, histories: given.map((history) => create(ReleasedHistorySchema, history)) }
      return openReleased('own', message, { ...asked, run: run as unknown as VerifiedRun })
    }
    const { histories } = await open({})
    expect(histories).toEqual(new Map([['areas', { key, entries: 3, head: digest(7) }]]))
    const others = [
      { key: randomBytes(32) },
      { slot: 'visits' },
      { named: false },
      { given: false },
      { named: false, given: false },
    ]
    for (const other of others) expect(await refusalOf(() => open(other))).toBe('key-mismatch')
  })

  it('is refused when it is sealed for other evidence, or is no sealed object', async () => {
    const { released } = await answer()
    const elsewhere = { ...asked, reportData: randomBytes(64) }
    expect(await refusalOf(() => openReleased('own', released, elsewhere))).toBe('decryption-failed')
    expect(await refused({ sealedKey: utf8('{}') })).toBe('key-mismatch')
  })
})
