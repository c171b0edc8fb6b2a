import { toBase64url } from '@reinraum/crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { publicKeysOf, signerOf } from '../identity.ts'
import type { Administration, AdministrativeAct } from '../kinds/administration.ts'
import type { Contract } from '../kinds/contract.ts'
import type { Receipt } from '../kinds/receipt.ts'
import type { Release } from '../kinds/release.ts'
import { beginning, entryDigest, followingEntry } from '../ledger/entry.ts'
import { emptyLedger, ledgerId, ledgerNameOf } from '../ledger/ledger.ts'
import { releasedEntries } from '../ledger/released-entries.ts'
import type { LedgerDebit } from '../parts/ledger-amounts.ts'
import { signStatement } from '../sign-statement.ts'
import { createSigner, type Signer } from '../signer.ts'
import { withPayload } from '../testing/forgery.ts'
import { refusalOf } from '../testing/refusal.ts'
import { createParties, createRoom, now, type Parties, type Room, signAs, signAsAll } from '../testing/room.ts'
import type { VerifiedContract } from '../verified.ts'
import { verifyAdministration } from './administration.ts'
import { verifyContract } from './contract.ts'
import { verifyReceipt } from './receipt.ts'
import { verifyRelease } from './release.ts'

const id = `sha256:${'0'.repeat(64)}`
const nonce = toBase64url(new Uint8Array(32))
const finishedAt = '2026-11-21T12:00:00.000Z'

let parties: Parties
let room: Room
let contract: VerifiedContract
let run: Signer
let release: Release
let receipt: Receipt
beforeAll(async () => {
  parties = await createParties()
  room = await createRoom(parties)
  contract = await verifyContract(room.bundle.contract, { now })
  run = await createSigner()
  const { manifests } = room
  release = {
    kind: 'reinraum/release/v1',
    keyService: 'shared-keys',
    contract: room.contract,
    run: room.run,
    query: room.query,
    by: 'analyst',
    sequence: 1,
    previous: null,
    outcome: {
      decision: 'released',
      datasets: [{ slot: 'strikes', manifest: manifests.strikes ?? '' }],
      runs: [{ approval: id, before: 0, after: 1 }],
    },
    evidence: id,
    hardware: false,
    decidedAt: finishedAt,
  }
  receipt = {
    kind: 'reinraum/receipt/v1',
    contract: room.contract,
    query: room.query,
    run: room.run,
    manifests: Object.entries(manifests).map(([slot, manifest]) => ({ slot, manifest })),
    rewrittenSql: id,
    guard: '1',
    engine: 'duckdb',
    result: { object: id, length: 100, format: 'reinraum/result-file/v1' },
    gate: { recipients: ['analyst'], reviewers: ['reviewer'], layers: [id, id] },
    releases: [id],
    binding: { nonces: { 'air-keys': nonce, 'shared-keys': nonce }, kem: 'kem', sig: run.keys },
    evidence: id,
    finishedAt,
  }
})

/** The strikes' key in three shares, of which it takes two. */
function inShares(document: Contract): Contract {
  const custody = { threshold: 2, services: ['air-keys', 'shared-keys', 'third-keys'] }
  const third = { id: 'third-keys', custody: 'owner' as const, operator: 'bird', keys: publicKeysOf(parties.stranger) }
  return {
    ...document,
    slots: document.slots.map((slot) => (slot.id === 'strikes' ? { ...slot, keyService: custody } : slot)),
    keyServices: [...document.keyServices, third],
  }
}

describe('a release', () => {
  const refused = async (change: Partial<Release>, signer = 'shared-keys') =>
    refusalOf(async () => verifyRelease(await signAs(parties, signer, { ...release, ...change }), contract))

  test('is verified against the keys that the contract pins for the key service, whenever it is read', async () => {
    const verified = await verifyRelease(await signAs(parties, 'shared-keys', release), contract)
    expect(verified.document).toEqual(release)
  })

  test('by a key service that the contract does not name is refused', async () => {
    expect(await refused({ keyService: 'other-keys' })).toBe('unknown-member')
  })

  test('signed by another key service, or by a member, is refused', async () => {
    expect(await refused({}, 'air-keys')).toBe('signature-missing')
    expect(await refused({}, 'air')).toBe('unknown-member')
    expect(await refused({}, 'stranger')).toBe('unknown-member')
  })

  test('of another contract is refused', async () => {
    expect(await refused({ contract: id })).toBe('contract-mismatch')
  })

  test('of a slot whose key another service holds, or of one slot twice, is refused', async () => {
    const outcome = (...slots: string[]): Release['outcome'] => ({
      decision: 'released',
      datasets: slots.map((slot) => ({ slot, manifest: id })),
      runs: [],
    })
    for (const slots of [['flights'], ['nothing'], ['strikes', 'strikes']]) {
      expect(await refused({ outcome: outcome(...slots) })).toBe('invalid-statement')
    }
  })

  describe('that debits ledgers', () => {
    const charge = { epsilon: 500_000, delta: 7 }
    /** What a release says of its entry in an empty ledger, with a change that its digest does not know. */
    const debiting = async (change: Partial<LedgerDebit> = {}): Promise<Release['outcome']> => {
      const part = { dataset: 'strikes', period: 1, accounting: 'basic' } as const
      const place = { keyService: 'shared-keys', ledger: ledgerId(await ledgerNameOf(contract.document, 'strikes', part)) }
      const manifest = room.manifests.strikes ?? ''
      const event = { contract: room.contract, run: room.run, slot: 'strikes', manifest, at: finishedAt, origin: null }
      const entry = followingEntry(beginning(place), { charge, event })
      const [before, after] = [emptyLedger(place), entryDigest(place, emptyLedger(place), entry)]
      const { sequence, charged, spent } = entry
      const debit = { slot: 'strikes', ...part, sequence, before, after, charge, charged, spent, ...change }
      return { ...(release.outcome as object), ledger: [debit] } as Release['outcome']
    }

    test('describes each entry so that it can be entered again', async () => {
      const verified = await verifyRelease(
        await signAs(parties, 'shared-keys', { ...release, outcome: await debiting() }),
        contract,
      )
      const [entry] = await releasedEntries(verified.document, contract.document)
      expect(entry?.entry).toMatchObject({ sequence: 1, kind: 'debit', charge, charged: charge, spent: charge })
    })

    test('is refused with another digest than its entry has, whatever of the entry it says otherwise', async () => {
      const changes: readonly Partial<LedgerDebit>[] = [
        { charge: { epsilon: 1, delta: 7 } },
        { spent: { epsilon: 1, delta: 7 } },
        { charged: { epsilon: 1, delta: 7 } },
        { sequence: 2 },
        { before: id },
        { after: id },
        { accounting: 'zcdp' },
        { dataset: 'other' },
        { period: 2 },
      ]
      for (const change of changes) expect(await refused({ outcome: await debiting(change) })).toBe('invalid-statement')
      expect(await refused({ outcome: await debiting(), run: id })).toBe('invalid-statement')
    })

    test('is refused for a slot that it does not release, and for one ledger twice', async () => {
      expect(await refused({ outcome: await debiting({ slot: 'flights' }) })).toBe('invalid-statement')
      const once = await debiting()
      const ledger = once.decision === 'released' ? [...(once.ledger ?? []), ...(once.ledger ?? [])] : []
      expect(ledger).toHaveLength(2)
      expect(await refused({ outcome: { ...once, ledger } as Release['outcome'] })).toBe('invalid-statement')
    })
  })

  test('may be of a slot whose key the service holds a share of', async () => {
    const document = inShares(contract.document)
    const names = document.members.map(({ id: name }) => name)
    const shared = await verifyContract(await signAsAll(parties, names, document), { now })
    const byAir = { ...release, contract: shared.id, keyService: 'air-keys' }
    expect((await verifyRelease(await signAs(parties, 'air-keys', byAir), shared)).document).toEqual(byAir)
  })

  test('changed after it was signed is refused', async () => {
    const signed = await signAs(parties, 'shared-keys', release)
    const changed = withPayload(signed, (d) => ({ ...d, hardware: true }))
    expect(await refusalOf(() => verifyRelease(changed, contract))).toBe('signature-invalid')
  })

  test('with a reason that is not of the closed set is refused', async () => {
    const outcome = { decision: 'denied', reason: 'because' } as unknown as Release['outcome']
    expect(await refused({ outcome })).toBe('invalid-statement')
  })
})

describe('a record of an act on keys', () => {
  const administration: Omit<Administration, 'contract'> = {
    kind: 'reinraum/administration/v1',
    keyService: 'shared-keys',
    sequence: 1,
    previous: null,
    by: 'bird',
    byKey: nonce,
    act: { type: 'wrapping-key-rotated', slot: 'strikes', version: 2, suite: 'A256KWP' },
    at: finishedAt,
  }
  const sign = (change: Partial<Administration> = {}, signer = 'shared-keys') =>
    signAs(parties, signer, { ...administration, contract: room.contract, ...change })
  const refused = async (...how: Parameters<typeof sign>) =>
    refusalOf(async () => verifyAdministration(await sign(...how), contract))

  test('is verified against the keys that the contract pins for the key service', async () => {
    const verified = await verifyAdministration(await sign(), contract)
    expect(verified.document).toEqual({ ...administration, contract: room.contract })
    expect((await verifyAdministration(await sign({ by: null, byKey: null }), contract)).document.by).toBeNull()
  })

  test('of another contract, or by anybody else, is refused', async () => {
    expect(await refused({ contract: id })).toBe('contract-mismatch')
    expect(await refused({ keyService: 'other-keys' })).toBe('unknown-member')
    expect(await refused({}, 'air-keys')).toBe('signature-missing')
    expect(await refused({}, 'bird')).toBe('unknown-member')
  })

  test('changed after it was signed, or of an act that nobody knows, is refused', async () => {
    const changed = withPayload(await sign(), (d) => ({ ...d, sequence: 2 }))
    expect(await refusalOf(() => verifyAdministration(changed, contract))).toBe('signature-invalid')
    expect(await refused({ act: { type: 'key-exported' } as unknown as AdministrativeAct })).toBe('invalid-statement')
    const other = { type: 'wrapping-key-rotated', slot: 'strikes', version: 2, suite: 'none' }
    expect(await refused({ act: other as unknown as AdministrativeAct })).toBe('invalid-statement')
    const signed = await signAs(parties, 'shared-keys', release)
    expect(await refusalOf(() => verifyAdministration(signed, contract))).toBe('invalid-statement')
  })
})

describe('a receipt', () => {
  const refused = async (change: Partial<Receipt>, signer = run) =>
    refusalOf(async () => verifyReceipt(await signStatement({ ...receipt, ...change }, signer), contract))
  const gate = (change: Partial<Receipt['gate']>) => ({ gate: { ...receipt.gate, ...change } })
  const nonces = (names: string[]) => ({
    binding: { ...receipt.binding, nonces: Object.fromEntries(names.map((name) => [name, nonce])) },
  })

  test('is verified against the keys that its binding names', async () => {
    expect((await verifyReceipt(await signStatement(receipt, run), contract)).document).toEqual(receipt)
  })

  test('signed by any other keys is refused', async () => {
    expect(await refused({}, await createSigner())).toBe('unknown-member')
  })

  test('signed with the keys of a party is refused', async () => {
    for (const name of ['analyst', 'shared-keys'] as const) {
      const signer = signerOf(parties[name])
      expect(await refused({ binding: { ...receipt.binding, sig: signer.keys } }, signer)).toBe('receipt-invalid')
    }
  })

  test('of another contract is refused', async () => {
    expect(await refused({ contract: id })).toBe('contract-mismatch')
  })

  test('whose gate is not that of the contract is refused', async () => {
    expect(await refused(gate({ reviewers: [] }))).toBe('receipt-invalid')
    expect(await refused(gate({ reviewers: ['air'] }))).toBe('receipt-invalid')
    expect(await refused(gate({ layers: [id] }))).toBe('receipt-invalid')
    expect(await refused(gate({ recipients: ['bird'] }))).toBe('receipt-invalid')
    expect(await refused(gate({ recipients: ['analyst', 'analyst'] }))).toBe('receipt-invalid')
  })

  test('without the nonce of a key service involved, or with one too many, is refused', async () => {
    expect(await refused(nonces(['air-keys']))).toBe('receipt-invalid')
    expect(await refused(nonces(['air-keys', 'other-keys']))).toBe('receipt-invalid')
    expect(await refused({ manifests: receipt.manifests.filter((m) => m.slot === 'strikes') })).toBe('receipt-invalid')
  })

  test('of a key in shares holds nonces of at least as many of its key services as it takes', async () => {
    const shared = await verifyContract(
      await signAsAll(
        parties,
        contract.document.members.map(({ id: name }) => name),
        inShares(contract.document),
      ),
      { now },
    )
    const manifests = receipt.manifests.filter(({ slot }) => slot === 'strikes')
    const verify = async (names: string[]) => {
      const changed = { ...receipt, contract: shared.id, manifests, ...nonces(names) }
      return verifyReceipt(await signStatement(changed, run), shared)
    }
    await expect(verify(['air-keys', 'shared-keys', 'third-keys'])).resolves.toBeDefined()
    await expect(verify(['air-keys', 'third-keys'])).resolves.toBeDefined()
    expect(await refusalOf(() => verify(['third-keys']))).toBe('receipt-invalid')
    expect(await refusalOf(() => verify(['air-keys', 'third-keys', 'other-keys']))).toBe('receipt-invalid')
  })

  test('with a slot twice or an unknown one, or with a release twice, is refused', async () => {
    const [first] = receipt.manifests
    expect(await refused({ manifests: first ? [...receipt.manifests, first] : [] })).toBe('receipt-invalid')
    expect(await refused({ manifests: [...receipt.manifests, { slot: 'nothing', manifest: id }] })).toBe('receipt-invalid')
    expect(await refused({ releases: [id, id] })).toBe('receipt-invalid')
  })

  test('changed after it was signed is refused', async () => {
    const changed = withPayload(await signStatement(receipt, run), (d) => ({ ...d, guard: '2' }))
    expect(await refusalOf(() => verifyReceipt(changed, contract))).toBe('signature-invalid')
  })
})
