import { createSimulatedPlatform, simulatedAttester } from '@reinraum/attestation'
import { canonicalBytes, generateHpkeKeyPair, randomBytes, toBase64url } from '@reinraum/crypto'
import { createSigner, parseStatement, verifyContract, verifyRelease } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Agreement,
  agree,
  agreeAndImport,
  type Dataset,
  executorMeasurement,
  importDataset,
  sealDataset,
} from '../testing/agreement.ts'
import { type Bundle, bundleOf, openReleased, outcomeName, outcomeOf, requestOf } from '../testing/attempt.ts'
import { type Room, startRoom } from '../testing/room.ts'

let room: Room
let agreement: Agreement & { readonly datasets: readonly Dataset[] }
let bundle: Bundle

beforeAll(async () => {
  room = await startRoom()
  agreement = await agreeAndImport(room)
  bundle = await bundleOf(agreement)
})
afterAll(() => room.stop())

const dataKeyOf = (slot: string) => agreement.datasets.find((dataset) => dataset.slot === slot)?.dataKey

async function release(service = room.shared, of = bundle) {
  const attempt = await requestOf(agreement, service, of)
  const { outcome } = await service.from('executor').releaseKeys(attempt.request)
  if (outcome.case !== 'released') throw new Error(`denied: ${outcome.value?.reasonCode}`)
  return { attempt, ...outcome.value }
}

describe('a run that every owner allows', () => {
  test('gets the keys of the slots that each key service holds, and of no other', async () => {
    const shared = await release(room.shared)
    expect(shared.keys.map(({ slot }) => slot)).toEqual(['strikes', 'weather'])
    for (const key of shared.keys) expect(await openReleased(shared.attempt, key)).toEqual(dataKeyOf(key.slot))
    const airs = await release(room.airs)
    expect(airs.keys.map(({ slot }) => slot)).toEqual(['flights'])
    expect(await openReleased(airs.attempt, airs.keys[0] as (typeof airs.keys)[0])).toEqual(dataKeyOf('flights'))
  })

  test('gets keys that open for this evidence and this dataset version only', async () => {
    const { attempt, keys } = await release()
    const [first, second] = keys as [(typeof keys)[0], (typeof keys)[0]]
    expect(await refusalOf(() => openReleased(attempt, { ...first, manifestId: second.manifestId }))).toBe('decryption-failed')
    expect(await refusalOf(() => openReleased({ ...attempt, reportData: randomBytes(64) }, first))).toBe('decryption-failed')
    const another = await requestOf(agreement, room.shared, bundle)
    expect(await refusalOf(() => openReleased({ ...attempt, kem: another.kem }, first))).toBe('decryption-failed')
  })

  test('gets a statement that the key service signed: what was released, on which evidence, and that no hardware stood behind it', async () => {
    const { release: statement } = await release()
    const contract = await verifyContract(agreement.statement, { now: room.clock.now() })
    const { document } = await verifyRelease(statement, contract)
    expect(document).toMatchObject({
      keyService: 'shared',
      run: bundle.runId,
      hardware: false,
      outcome: { decision: 'released' },
    })
    expect(document.evidence).toMatch(/^sha256:/)
  })
})

describe('the nonce', () => {
  test('is good for one request: evidence that is replayed is denied, and the denial is recorded', async () => {
    const { request } = await requestOf(agreement, room.shared, bundle)
    expect(outcomeName(await room.shared.from('executor').releaseKeys(request))).toBe('released')
    const { outcome } = await room.shared.from('executor').releaseKeys(request)
    expect(outcome.case).toBe('denied')
    if (outcome.case !== 'denied') return
    expect(outcome.value.reasonCode).toBe('nonce-used')
    expect(parseStatement(outcome.value.release).document).toMatchObject({
      outcome: { decision: 'denied', reason: 'nonce-used' },
    })
  })

  test('is used up by a request that is denied', async () => {
    const { nonce } = await room.shared.from('executor').issueNonce({ runId: bundle.runId })
    const wrong = simulatedAttester(room.platform, { measurement: 'cd'.repeat(48) })
    expect(await outcomeOf(agreement, room.shared, bundle, { nonce, attester: wrong })).toBe('evidence-contraindicated')
    expect(await outcomeOf(agreement, room.shared, bundle, { nonce })).toBe('nonce-used')
  })

  test('must have been issued here, by this key service, for this run', async () => {
    expect(await outcomeOf(agreement, room.shared, bundle, { nonce: randomBytes(32) })).toBe('nonce-unknown')
    const { nonce: airs } = await room.airs.from('executor').issueNonce({ runId: bundle.runId })
    expect(await outcomeOf(agreement, room.shared, bundle, { nonce: airs })).toBe('nonce-unknown')
    const { nonce: other } = await room.shared.from('executor').issueNonce({ runId: agreement.id })
    expect(await outcomeOf(agreement, room.shared, bundle, { nonce: other })).toBe('nonce-unknown')
  })

  test('must stand under the name of this key service', async () => {
    expect(await outcomeOf(agreement, room.shared, bundle, { nonces: (own) => ({ airs: own }) })).toBe('nonce-unknown')
    const swapped = (own: string) => ({ airs: own, shared: toBase64url(randomBytes(32)) })
    expect(await outcomeOf(agreement, room.shared, bundle, { nonces: swapped })).toBe('nonce-unknown')
  })

  test('is too old after 120 s, and when the clock was set back', async () => {
    const { nonce } = await room.shared.from('executor').issueNonce({ runId: bundle.runId })
    const { nonce: second } = await room.shared.from('executor').issueNonce({ runId: bundle.runId })
    room.clock.move(120_000)
    expect(await outcomeOf(agreement, room.shared, bundle, { nonce })).toBe('nonce-expired')
    room.clock.move(-150_000)
    expect(await outcomeOf(agreement, room.shared, bundle, { nonce: second })).toBe('nonce-expired')
    room.clock.move(30_000)
  })
})

describe('the evidence', () => {
  test('of another measurement is denied', async () => {
    const attester = simulatedAttester(room.platform, { measurement: 'cd'.repeat(48) })
    expect(await outcomeOf(agreement, room.shared, bundle, { attester })).toBe('evidence-contraindicated')
  })

  test('from a simulator whose root the contract does not name is denied', async () => {
    const platform = await createSimulatedPlatform({ modulusLength: 2048 })
    const attester = simulatedAttester(platform, { measurement: executorMeasurement })
    expect(await outcomeOf(agreement, room.shared, bundle, { attester })).toBe('evidence-contraindicated')
  })

  test('of a guest in debug mode is denied', async () => {
    const overrides = { report: { policy: 0xb_0000n } }
    const attester = simulatedAttester(room.platform, { measurement: executorMeasurement, overrides })
    expect(await outcomeOf(agreement, room.shared, bundle, { attester })).toBe('evidence-contraindicated')
  })

  test('that is no report is denied', async () => {
    const report = randomBytes(100)
    const request = (r: Awaited<ReturnType<typeof requestOf>>['request']) => ({ ...r, evidence: { ...r.evidence, report } })
    expect(await outcomeOf(agreement, room.shared, bundle, { request: request as never })).toBe('malformed-evidence')
  })

  test('must bind every named field of the request: nonce, KEM key, signing keys, contract, query, run', async () => {
    const { publicKey } = await generateHpkeKeyPair()
    const { keys: sig } = await createSigner()
    const elsewhere = { contract: bundle.queryId, query: bundle.runId, run: agreement.id }
    for (const other of [
      { nonces: { shared: toBase64url(randomBytes(32)) } },
      { kem: toBase64url(publicKey) },
      { sig },
      { contract: elsewhere.contract },
      { query: elsewhere.query },
      { run: elsewhere.run },
    ]) {
      const outcome = await outcomeOf(agreement, room.shared, bundle, { binding: (fields) => ({ ...fields, ...other }) })
      expect([Object.keys(other), outcome]).toEqual([Object.keys(other), 'report-data-mismatch'])
    }
  })

  test('of another run does not get the keys sealed to another KEM key', async () => {
    const other = await bundleOf(agreement)
    const theirs = await requestOf(agreement, room.shared, other)
    const mine = await requestOf(agreement, room.shared, bundle)
    const request = { ...mine.request, evidence: theirs.request.evidence, kemPublicKey: theirs.kem.publicKey }
    expect(outcomeName(await room.shared.from('executor').releaseKeys(request as never))).toBe('report-data-mismatch')
  })

  test('that binds a KEM key to which nothing can be sealed costs nothing but the nonce', async () => {
    const fresh = await bundleOf(agreement)
    const kem = randomBytes(64)
    const outcome = await outcomeOf(agreement, room.shared, fresh, {
      binding: (fields) => ({ ...fields, kem: toBase64url(kem) }),
      request: (request) => ({ ...request, kemPublicKey: kem }),
    })
    expect(outcome).toBe('invalid-argument')
    const debits = await room.shared.vault.store.db.selectFrom('debits').where('run_id', '=', fresh.runId).selectAll().execute()
    expect(debits).toEqual([])
    expect(await room.shared.from('executor').renewLease({ runId: fresh.runId })).toMatchObject({
      outcome: { value: 'lease-lost' },
    })
  })
})

describe('the suite', () => {
  const strong = 'MLKEM1024-P384/HKDF-SHA384/AES-256-GCM'

  test('of the KEM key is the default one where the contract names none; another is denied, and the denial is recorded', async () => {
    const { request } = await requestOf(agreement, room.shared, bundle, { suite: strong })
    const { outcome } = await room.shared.from('executor').releaseKeys(request)
    if (outcome.case !== 'denied') throw new Error('a key was released')
    expect(outcome.value.reasonCode).toBe('suite-unsupported')
    const recorded = { outcome: { decision: 'denied', reason: 'suite-unsupported' }, run: bundle.runId }
    expect(parseStatement(outcome.value.release).document).toMatchObject(recorded)
  })

  test('is the one that the contract names, and nobody talks it down', async () => {
    const strict = await agreeAndImport(room, (contract) => ({ ...contract, releaseSuite: strong }))
    const run = await bundleOf(strict)
    expect(await outcomeOf(strict, room.shared, run)).toBe('suite-unsupported')
    const attempt = await requestOf(strict, room.shared, run, { suite: strong })
    const { outcome } = await room.shared.from('executor').releaseKeys(attempt.request)
    if (outcome.case !== 'released') throw new Error('no key was released')
    for (const key of outcome.value.keys) {
      const imported = strict.datasets.find(({ slot }) => slot === key.slot)?.dataKey
      expect(await openReleased(attempt, key)).toEqual(imported)
    }
  })
})

describe('the statements', () => {
  const deny = async (changes: Parameters<typeof bundleOf>[1]) =>
    outcomeOf(agreement, room.shared, await bundleOf(agreement, changes))

  test('must hold an approval of each owner and approver that the rule asks', async () => {
    expect(await deny({ approval: (approval) => (approval.by === 'bird' ? undefined : approval) })).toBe('approval-missing')
    expect(await deny({ approval: (approval) => (approval.by === 'officer' ? undefined : approval) })).toBe('approval-missing')
  })

  test('must not rest on an approval that has expired by the clock of the key service', async () => {
    const until = new Date(room.clock.now().getTime() + 60_000).toISOString()
    const soon = await bundleOf(agreement, { approval: (a) => ({ ...a, validity: { ...a.validity, notAfter: until } }) })
    expect(await outcomeOf(agreement, room.shared, soon)).toBe('released')
    room.clock.move(61_000)
    expect(await outcomeOf(agreement, room.shared, soon)).toBe('approval-expired')
    room.clock.move(-61_000)
  })

  test('must not hold a rejection', async () => {
    const decisions = ({ query }: { query: string }) => [
      {
        kind: 'reinraum/rejection/v1' as const,
        contract: agreement.id,
        query,
        by: 'bird',
        reason: '',
        createdAt: room.clock.now().toISOString(),
      },
    ]
    expect(await deny({ decisions })).toBe('query-rejected')
  })

  test('must be about the SQL that was approved: one character changed is another query', async () => {
    // The analyst signs the changed SQL and runs that: nobody approved it.
    const approvals = bundle.decisions
    const changed = await bundleOf(agreement, {
      query: (query) => ({ ...query, sql: query.sql.replace('count', 'coUnt') }),
      bundle: (made) => ({ ...made, decisions: approvals }),
    })
    expect(await outcomeOf(agreement, room.shared, changed)).toBe('query-mismatch')
    // The analyst runs the approved query and brings other SQL.
    expect(await deny({ bundle: (made) => ({ ...made, query: changed.query }) })).toBe('query-mismatch')
    // Somebody on the way changes the SQL under the analyst's signature.
    const jws = JSON.parse(Buffer.from(bundle.query).toString()) as { payload: string }
    const payload = toBase64url(canonicalBytes({ ...parseStatement(bundle.query).document, sql: 'SELECT * FROM strikes' }))
    const forged = Buffer.from(JSON.stringify({ ...jws, payload }))
    expect(await outcomeOf(agreement, room.shared, { ...bundle, query: forged })).toBe('signature-invalid')
  })

  test("must keep parameters inside the query's domains", async () => {
    expect(await deny({ run: (run) => ({ ...run, parameters: { year: 1989 } }) })).toBe('parameter-outside-domain')
  })

  test('must name dataset versions that the owner approved', async () => {
    const second = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
    const datasets = agreement.datasets.map((dataset) => (dataset.slot === 'strikes' ? second : dataset))
    const approvals = await bundleOf(agreement)
    const swapped = await bundleOf(
      { ...agreement, datasets },
      {
        query: () => parseStatement(approvals.query).document as never,
        bundle: (made) => ({ ...made, decisions: approvals.decisions }),
      },
    )
    expect(await outcomeOf(agreement, room.shared, swapped)).toBe('dataset-version-not-allowed')
  })

  test('must name dataset versions whose keys are here', async () => {
    const second = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
    const datasets = agreement.datasets.map((dataset) => (dataset.slot === 'strikes' ? second : dataset))
    const unknown = await bundleOf({ ...agreement, datasets })
    expect(await outcomeOf(agreement, room.shared, unknown)).toBe('key-unknown')
  })

  test('must name recipients of the contract', async () => {
    expect(await deny({ run: (run) => ({ ...run, recipients: ['bird'] }) })).toBe('recipient-not-allowed')
  })

  test('must be of a run that is still valid', async () => {
    const over = new Date(room.clock.now().getTime() - 1000).toISOString()
    expect(await deny({ run: (run) => ({ ...run, validity: { ...run.validity, notAfter: over } }) })).toBe('expired')
  })

  test('are about the contract of the import: the same members under a laxer one get nothing', async () => {
    const laxer = await agree(room, (contract) => ({
      ...contract,
      slots: contract.slots.map((slot) => ({ ...slot, rule: { ...slot.rule, modes: ['aggregation' as const] } })),
    }))
    const datasets = await Promise.all(laxer.document.slots.map((slot) => sealDataset(laxer, slot.id)))
    const downgraded = await bundleOf({ ...laxer, datasets })
    expect(await outcomeOf(laxer, room.shared, downgraded)).toBe('key-unknown')
    // Also once the service knows that contract.
    await importDataset(laxer, datasets.find(({ slot }) => slot === 'weather') as Dataset)
    expect(await outcomeOf(laxer, room.shared, downgraded)).toBe('key-unknown')
    const mixed = await bundleOf({ ...laxer, datasets }, { bundle: (made) => ({ ...made, contract: agreement.statement }) })
    expect(await outcomeOf(laxer, room.shared, mixed)).toBe('contract-mismatch')
  })

  test('are no request at all when no run can be made out, and use up no nonce', async () => {
    const { request } = await requestOf(agreement, room.shared, bundle)
    const broken = { ...request, bundle: { ...request.bundle, run: randomBytes(50) } }
    expect(await refusalOf(() => room.shared.from('executor').releaseKeys(broken as never))).toBe('invalid-statement')
    const twice = { ...request, nonces: [...(request.nonces ?? []), ...(request.nonces ?? [])] }
    expect(await refusalOf(() => room.shared.from('executor').releaseKeys(twice as never))).toBe('invalid-argument')
    expect(outcomeName(await room.shared.from('executor').releaseKeys(request))).toBe('released')
  })
})

describe('the release port', () => {
  test('answers executors only', async () => {
    for (const id of ['governance', 'keys/airs', 'executor/other']) {
      expect(await refusalOf(() => room.shared.from(id).issueNonce({ runId: bundle.runId }))).toBe('permission-denied')
    }
  })
})
