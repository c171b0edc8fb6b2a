import { createPublicKey, type X509Certificate } from 'node:crypto'
import { createSimulatedPlatform, keyReleaseBinding, reportDataOf, simulatedAttester } from '@reinraum/attestation'
import { randomBytes, toBase64url } from '@reinraum/crypto'
import { WorkloadIdentityService } from '@reinraum/proto'
import { evidenceToMessage } from '@reinraum/rpc'
import { refusalOf, simulatedExecutors } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Agreement,
  agree,
  agreeAndImport,
  type Dataset,
  executorMeasurement,
  importDataset,
  revocationOf,
  sealDataset,
} from '../testing/agreement.ts'
import { bundleOf, outcomeOf } from '../testing/attempt.ts'
import { type Room, type RunningKeyService, startRoom } from '../testing/room.ts'
import {
  createWorkload,
  type IdentityChanges,
  identitiesOf,
  identityRequest,
  obtainIdentity,
  trustBundleOf,
  type Workload,
} from '../testing/workload.ts'

const minute = 60_000
let room: Room
let agreement: Agreement & { readonly datasets: readonly Dataset[] }
let workload: Workload

beforeAll(async () => {
  room = await startRoom({ shared: () => ({ quotas: { identitiesPerMinute: 5 } }) })
  agreement = await agreeAndImport(room)
  workload = await createWorkload()
})
afterAll(() => room.stop())

const issued = async (service = room.shared) => service.vault.store.db.selectFrom('workload_identities').selectAll().execute()

/** The reason of a refusal, after which as many identities are recorded as before. */
async function refused(changes: IdentityChanges, of: Agreement = agreement, service = room.shared): Promise<string> {
  const before = await issued(service)
  const request = await identityRequest(of, service, workload, changes)
  const reason = await refusalOf(() => identitiesOf(service).issueIdentity(request))
  expect(await issued(service)).toEqual(before)
  return reason
}

/** A contract with one dataset imported, so that the shared service knows it. */
async function known(change?: Parameters<typeof agree>[1]): Promise<Agreement> {
  const other = await agree(room, change)
  await importDataset(other, await sealDataset(other, 'strikes'))
  return other
}

describe('an executor whose evidence is acceptable', () => {
  test('gets a certificate for its attested key, under the one name there is, for an hour', async () => {
    const { certificate, expiresAt } = await obtainIdentity(agreement, room.shared, workload)
    const attested = createPublicKey({ key: workload.signing.ed25519, format: 'jwk' })
    expect(certificate.publicKey.equals(attested)).toBe(true)
    expect(certificate.subjectAltName).toBe('URI:spiffe://reinraum/executor')
    expect(certificate.ca).toBe(false)
    expect(expiresAt).toBe(Date.parse(certificate.validTo))
    expect(expiresAt - Date.now()).toBeLessThanOrEqual(60 * minute)
    expect(expiresAt - Date.now()).toBeGreaterThan(59 * minute)
    const [authority] = await trustBundleOf(agreement, room.shared)
    expect(certificate.verify((authority as X509Certificate).publicKey)).toBe(true)
  })

  test('is recorded durably: who, when, under which contract, on which evidence, until when', async () => {
    const { certificate, expiresAt } = await obtainIdentity(agreement, room.shared, workload)
    const row = (await issued()).find(({ serial }) => serial === certificate.serialNumber)
    expect(row).toMatchObject({
      contract_id: agreement.id,
      caller: 'executor',
      key: workload.signing.ed25519.x,
      evidence: expect.stringMatching(/^sha256:/),
      hardware: 0,
      not_after: expiresAt,
    })
    expect(Math.abs(Number(row?.issued_at) - Date.now())).toBeLessThan(minute)
  })

  test('gets none that outlives the contract', async () => {
    const end = new Date(Date.now() + 10 * minute)
    const short = await known((contract) => ({
      ...contract,
      validity: { ...contract.validity, notAfter: end.toISOString() },
    }))
    const { expiresAt } = await obtainIdentity(short, room.shared)
    expect(expiresAt).toBeLessThanOrEqual(end.getTime())
    expect(expiresAt).toBeGreaterThan(end.getTime() - 1000)
  })

  test('does not say its own name: no request carries one', () => {
    const fields = WorkloadIdentityService.method.issueIdentity.input.fields.map(({ name }) => name)
    expect(fields).toEqual(['contract_id', 'nonce', 'evidence', 'signing_keys'])
  })
})

describe('the nonce of an identity', () => {
  test('is good for one request', async () => {
    const other = await known()
    const request = await identityRequest(other, room.shared, workload)
    await identitiesOf(room.shared).issueIdentity(request)
    const before = await issued()
    expect(await refusalOf(() => identitiesOf(room.shared).issueIdentity(request))).toBe('nonce-used')
    expect(await issued()).toEqual(before)
  })

  test('is used up by a request that is refused', async () => {
    const { nonce } = await identitiesOf(room.shared).issueIdentityNonce({ contractId: agreement.id })
    const attester = simulatedAttester(room.platform, { measurement: 'cd'.repeat(48) })
    expect(await refused({ nonce, attester })).toBe('evidence-contraindicated')
    expect(await refused({ nonce })).toBe('nonce-used')
  })

  test('is not one of a release, of another contract, of another key service, or of nobody', async () => {
    const { nonce: ofRun } = await room.shared.from('executor').issueNonce({ runId: agreement.id })
    expect(await refused({ nonce: ofRun })).toBe('nonce-unknown')
    const other = await known()
    const { nonce: ofOther } = await identitiesOf(room.shared).issueIdentityNonce({ contractId: other.id })
    expect(await refused({ nonce: ofOther })).toBe('nonce-unknown')
    const { nonce: ofAirs } = await identitiesOf(room.airs).issueIdentityNonce({ contractId: agreement.id })
    expect(await refused({ nonce: ofAirs })).toBe('nonce-unknown')
    expect(await refused({ nonce: randomBytes(32) })).toBe('nonce-unknown')
  })

  test('releases no key', async () => {
    const { nonce } = await identitiesOf(room.shared).issueIdentityNonce({ contractId: agreement.id })
    expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement), { nonce })).toBe('nonce-unknown')
  })

  test('is too old after 120 s', async () => {
    const { nonce } = await identitiesOf(room.shared).issueIdentityNonce({ contractId: agreement.id })
    room.clock.move(120_000)
    expect(await refused({ nonce })).toBe('nonce-expired')
  })
})

describe('the evidence', () => {
  test('of another measurement, or from a platform that the contract does not name, gets nothing', async () => {
    const attester = simulatedAttester(room.platform, { measurement: 'cd'.repeat(48) })
    expect(await refused({ attester })).toBe('evidence-contraindicated')
    const platform = await createSimulatedPlatform({ modulusLength: 2048 })
    expect(await refused({ attester: simulatedAttester(platform, { measurement: executorMeasurement }) })).toBe(
      'evidence-contraindicated',
    )
    const elsewhere = await known((contract) => ({ ...contract, executors: simulatedExecutors(platform, executorMeasurement) }))
    expect(await refused({}, elsewhere)).toBe('evidence-contraindicated')
  })

  test('must bind the very key that the certificate is for', async () => {
    const { signing } = await createWorkload()
    expect(await refused({ binding: (fields) => ({ ...fields, sig: signing }) })).toBe('report-data-mismatch')
    // Nor is one half of the keys exchanged.
    const sig = { ...workload.signing, ed25519: signing.ed25519 }
    expect(await refused({ binding: (fields) => ({ ...fields, sig }) })).toBe('report-data-mismatch')
  })

  test('must bind this contract, this key service and this nonce', async () => {
    const other = await known()
    expect(await refused({ binding: (fields) => ({ ...fields, contract: other.id }) })).toBe('report-data-mismatch')
    expect(await refused({ binding: (fields) => ({ ...fields, keyService: 'airs' }) })).toBe('report-data-mismatch')
    expect(await refused({ binding: (fields) => ({ ...fields, nonce: toBase64url(randomBytes(32)) }) })).toBe(
      'report-data-mismatch',
    )
  })

  test('that was made for a release of keys is none for an identity', async () => {
    const attester = simulatedAttester(room.platform, { measurement: executorMeasurement })
    const { nonce } = await identitiesOf(room.shared).issueIdentityNonce({ contractId: agreement.id })
    const binding = keyReleaseBinding({
      nonces: { shared: toBase64url(nonce) },
      kem: '',
      sig: workload.signing,
      contract: agreement.id,
      query: '',
      run: '',
    })
    const evidence = evidenceToMessage(await attester.getEvidence(reportDataOf(binding)))
    expect(await refused({ nonce, request: (request) => ({ ...request, evidence }) })).toBe('report-data-mismatch')
  })
})

describe('the contract', () => {
  test('must be known, in force and not revoked', async () => {
    const unknown = `sha256:${'0'.repeat(64)}`
    expect(await refusalOf(() => identitiesOf(room.shared).issueIdentityNonce({ contractId: unknown }))).toBe('key-unknown')

    const ended = await known((contract) => ({
      ...contract,
      validity: { ...contract.validity, notAfter: new Date(room.clock.now().getTime() + 2 * minute).toISOString() },
    }))
    room.clock.move(2 * minute + 1)
    expect(await refused({}, ended)).toBe('expired')

    const revoked = await known()
    const revocation = await revocationOf(revoked, 'bird', { type: 'contract' })
    await room.shared.as(room.parties.bird).applyRevocation({ revocation })
    expect(await refused({}, revoked)).toBe('revoked')
  })

  test('has only so many identities in a minute; another contract has its own', async () => {
    const busy = await known()
    for (let i = 0; i < 5; i += 1) await obtainIdentity(busy, room.shared, workload)
    expect(await refused({}, busy)).toBe('resource-exhausted')
    await obtainIdentity(await known(), room.shared, workload)
    room.clock.move(minute)
    await obtainIdentity(busy, room.shared, workload)
  })
})

describe('a key service', () => {
  test('issues to executors only, and tells every service of the room whom to trust', async () => {
    const ingestion = identitiesOf(room.shared, 'ingestion')
    expect(await refusalOf(() => ingestion.issueIdentityNonce({ contractId: agreement.id }))).toBe('permission-denied')
    const request = await identityRequest(agreement, room.shared, workload)
    expect(await refusalOf(() => ingestion.issueIdentity(request))).toBe('permission-denied')
    expect((await ingestion.getTrustBundle({})).trustBundle.length).toBeGreaterThan(0)
    expect(await refusalOf(() => room.shared.from('ingestion').issueNonce({ runId: agreement.id }))).toBe('permission-denied')
  })

  test('whose clock is not sound issues nothing', async () => {
    room.clock.step(60 * minute)
    expect(await refused({})).toBe('clock-unsound')
    room.clock.step(-60 * minute)
  })

  test('that is sealed issues nothing and vouches for nothing', async () => {
    const request = await identityRequest(agreement, room.shared, workload)
    const sealed: RunningKeyService = room.shared
    await sealed.service.seal()
    const client = identitiesOf(sealed)
    expect(await refusalOf(() => client.issueIdentity(request))).toBe('sealed')
    expect(await refusalOf(() => client.issueIdentityNonce({ contractId: agreement.id }))).toBe('sealed')
    expect(await refusalOf(() => client.getTrustBundle({}))).toBe('sealed')
  })
})
