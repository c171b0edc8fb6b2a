import { generateRsaAesKeyPair, toBase64url } from '@reinraum/crypto'
import { beforeAll, expect, test } from 'vitest'
import type { ImportKey } from '../kinds/import-key.ts'
import { withPayload } from '../testing/forgery.ts'
import { refusalOf } from '../testing/refusal.ts'
import { after, before, createParties, createRoom, during, now, type Parties, signAs, signAsAll } from '../testing/room.ts'
import type { VerifiedContract } from '../verified.ts'
import { verifyContract } from './contract.ts'
import { verifyImportKey } from './import-key.ts'

const expected = { keyService: 'shared-keys', now }

let parties: Parties
let contract: VerifiedContract
let importKey: ImportKey
beforeAll(async () => {
  parties = await createParties()
  contract = await verifyContract((await createRoom(parties)).bundle.contract, { now })
  const { publicKey } = await generateRsaAesKeyPair()
  importKey = {
    kind: 'reinraum/import-key/v1',
    keyService: 'shared-keys',
    version: 1,
    algorithm: 'RSA-OAEP-4096-SHA256/A256KWP',
    publicKey: toBase64url(publicKey),
    validity: during,
  }
})

const refused = async (change: Partial<ImportKey>, signer = 'shared-keys') =>
  refusalOf(async () => verifyImportKey(await signAs(parties, signer, { ...importKey, ...change }), contract, expected))

test('an import key is verified offline, with the keys that the contract pins for its key service', async () => {
  const verified = await verifyImportKey(await signAs(parties, 'shared-keys', importKey), contract, expected)
  expect(verified.document).toEqual(importKey)
})

test('signed by another key service, by a member, by a stranger, or by two, it is refused', async () => {
  expect(await refused({}, 'air-keys')).toBe('signature-missing')
  expect(await refused({}, 'air')).toBe('unknown-member')
  expect(await refused({}, 'stranger')).toBe('unknown-member')
  const byTwo = await signAsAll(parties, ['shared-keys', 'air-keys'], importKey)
  expect(await refusalOf(() => verifyImportKey(byTwo, contract, expected))).toBe('signature-invalid')
})

test('of another key service than the one that was asked, it is refused, however well it is signed', async () => {
  expect(await refused({ keyService: 'air-keys' }, 'air-keys')).toBe('key-mismatch')
})

test('it counts from the day it was made to the day it ends', async () => {
  expect(await refused({ validity: after })).toBe('not-yet-valid')
  expect(await refused({ validity: before })).toBe('expired')
})

test('with another public key put in, it is refused', async () => {
  const signed = await signAs(parties, 'shared-keys', importKey)
  const { publicKey } = await generateRsaAesKeyPair()
  const changed = withPayload(signed, (document) => ({ ...document, publicKey: toBase64url(publicKey) }))
  expect(await refusalOf(() => verifyImportKey(changed, contract, expected))).toBe('signature-invalid')
})

test('another statement that the key service signed is no import key', async () => {
  const another = await signAs(parties, 'shared-keys', contract.document)
  expect(await refusalOf(() => verifyImportKey(another, contract, expected))).toBe('invalid-statement')
})

test('only an RSA key of 4096 bits is one, for one algorithm', async () => {
  for (const publicKey of ['', importKey.publicKey.slice(4), `A${importKey.publicKey.slice(1)}`, `${importKey.publicKey}AAAA`]) {
    expect(await refused({ publicKey })).toBe('invalid-statement')
  }
  expect(await refused({ algorithm: 'RSA-OAEP-2048' as ImportKey['algorithm'] })).toBe('invalid-statement')
  expect(await refused({ version: 0 })).toBe('invalid-statement')
})
