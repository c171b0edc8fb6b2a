import { appraise, keyServiceBinding, type ReferenceValues, reportDataOf } from '@reinraum/attestation'
import { type JsonValue, parseStrictJson, randomBytes, toBase64url } from '@reinraum/crypto'
import { measureCode } from '@reinraum/kit'
import { Custody, KeysService } from '@reinraum/proto'
import { createRpcClient, evidenceFromMessage } from '@reinraum/rpc'
import { createRequestToken, publicKeysSchema, serviceControlSchema } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { referenceValuesOf } from '../testing/agreement.ts'
import { type Room, startRoom } from '../testing/room.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom()
})
afterAll(() => room.stop())

test('evidence of an attested key service binds its keys, the nonce of whoever asks, and its own code', async () => {
  const nonce = randomBytes(32)
  const answer = await room.shared.as(room.parties.stranger).getServiceEvidence({ nonce })
  expect(answer).toMatchObject({ keyServiceId: 'shared', custody: Custody.ATTESTED })
  const publicKeys = publicKeysSchema.parse(parseStrictJson(answer.publicKeys))
  expect(publicKeys).toEqual(room.shared.vault.identity.publicKeys)

  const control = serviceControlSchema.parse(parseStrictJson(answer.control))
  expect(control).toEqual({
    rootKey: { kind: 'file' },
    configured: { kind: 'file' },
    ownKeys: 'made-since-this-start',
    administrators: [],
  })

  const { evidence, endorsements } = evidenceFromMessage(answer.evidence)
  const values = referenceValuesOf(room)
  const { snp = expect.fail('the room names SEV-SNP') } = values
  const ownCode: ReferenceValues = { snp: { ...snp, measurements: [await measureCode('keys')] } }
  const verdict = async (of: { nonce: Uint8Array; control?: JsonValue }, reference = ownCode) => {
    const reportData = reportDataOf(keyServiceBinding({ control, ...of, nonce: toBase64url(of.nonce), publicKeys }))
    const { status, reasons, hardware } = await appraise(evidence, endorsements, reference, { reportData }, room.clock.now())
    return { status, reasons, hardware }
  }
  expect(await verdict({ nonce })).toEqual({ status: 'affirming', reasons: [], hardware: false })
  expect(await verdict({ nonce: randomBytes(32) })).toMatchObject({ reasons: ['report-data-mismatch'] })
  const others = { ...control, administrators: [publicKeys.signing.ed25519.x] }
  expect(await verdict({ nonce, control: others })).toMatchObject({ reasons: ['report-data-mismatch'] })
  expect(await verdict({ nonce }, values)).toMatchObject({ reasons: ['measurement-mismatch'] })
})

test('a key service under owner custody shows its keys and no evidence', async () => {
  const answer = await room.airs.as(room.parties.air).getServiceEvidence({ nonce: randomBytes(32) })
  expect(answer).toMatchObject({ keyServiceId: 'airs', custody: Custody.OWNER })
  expect(answer.evidence).toBeUndefined()
})

test('a request without a token, or with one for another key service, is refused', async () => {
  const options = { address: room.shared.addresses.parties, tls: { ca: room.authority.ca } }
  const without = createRpcClient(KeysService, options)
  const elsewhere = createRpcClient(KeysService, {
    ...options,
    token: (method, body) =>
      createRequestToken(room.parties.air, { audience: 'keys/airs', method, ...(body === undefined ? {} : { body }) }),
  })
  for (const client of [without, elsewhere]) {
    expect(await refusalOf(() => client.getServiceEvidence({ nonce: randomBytes(32) }))).toBe('unauthenticated')
    client.close()
  }
})
