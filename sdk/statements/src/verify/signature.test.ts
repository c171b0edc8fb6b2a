import { utf8 } from '@reinraum/crypto'
import { beforeAll, expect, test } from 'vitest'
import { publicKeysOf } from '../identity.ts'
import { type OpenedSignature, openStatement } from '../jws.ts'
import { createParties, type Parties, queryOf, signAs } from '../testing/room.ts'
import { isSignatureValid } from './signature.ts'

let parties: Parties
let payload: string
let ed25519: OpenedSignature
let mldsa65: OpenedSignature
beforeAll(async () => {
  parties = await createParties()
  const opened = openStatement(await signAs(parties, 'analyst', queryOf(`sha256:${'0'.repeat(64)}`)))
  const [first, second] = opened.signatures
  if (!first || !second) throw new Error('not signed')
  payload = opened.payload
  ed25519 = first
  mldsa65 = second
})

test('a signature that was found good is good for its own key, payload and header only', async () => {
  const [analyst, air] = [publicKeysOf(parties.analyst), publicKeysOf(parties.air)]
  for (let round = 0; round < 2; round += 1) {
    expect(await isSignatureValid(payload, ed25519, analyst.signing.ed25519)).toBe(true)
    expect(await isSignatureValid(payload, mldsa65, analyst.signing.mldsa65)).toBe(true)
    // Everything below differs in one of the parts, and finds what was remembered above.
    expect(await isSignatureValid(payload, ed25519, air.signing.ed25519)).toBe(false)
    expect(await isSignatureValid(payload, mldsa65, air.signing.mldsa65)).toBe(false)
    expect(await isSignatureValid(payload.slice(0, -4), ed25519, analyst.signing.ed25519)).toBe(false)
    expect(await isSignatureValid(payload, { ...ed25519, protected: mldsa65.protected }, analyst.signing.ed25519)).toBe(false)
    expect(await isSignatureValid(payload, { ...ed25519, signature: mldsa65.signature }, analyst.signing.ed25519)).toBe(false)
  }
})

test('the key decides the algorithm, whatever the header says', async () => {
  const { signing } = publicKeysOf(parties.analyst)
  expect(await isSignatureValid(payload, ed25519, signing.mldsa65)).toBe(false)
  expect(await isSignatureValid(payload, { ...ed25519, algorithm: 'ML-DSA-65' }, signing.ed25519)).toBe(false)
  expect(await isSignatureValid(payload, { ...mldsa65, algorithm: 'Ed25519' }, signing.mldsa65)).toBe(false)
})

test('a key or a signature that is nonsense is not valid, and throws nothing', async () => {
  const key = { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } as const
  expect(await isSignatureValid(payload, ed25519, key)).toBe(false)
  expect(await isSignatureValid(payload, { ...ed25519, signature: '' }, publicKeysOf(parties.analyst).signing.ed25519)).toBe(
    false,
  )
  expect(
    await isSignatureValid(payload, { ...ed25519, protected: String(utf8('x')) }, publicKeysOf(parties.analyst).signing.ed25519),
  ).toBe(false)
})
