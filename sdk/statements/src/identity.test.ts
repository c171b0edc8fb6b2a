import { hpkeOpen, hpkeSeal, utf8 } from '@reinraum/crypto'
import { expect, test } from 'vitest'
import { createIdentity, hpkeKeysOf, parseIdentity, publicKeysOf } from './identity.ts'
import { publicKeysSchema } from './parts/public-keys.ts'
import { refusalOf } from './testing/refusal.ts'

test('an identity survives being written to a file and read again', async () => {
  const identity = await createIdentity()
  expect(parseIdentity(JSON.parse(JSON.stringify(identity)))).toEqual(identity)
})

test('the public half holds nothing private', async () => {
  const identity = await createIdentity()
  const keys = publicKeysOf(identity)
  expect(publicKeysSchema.parse(keys)).toEqual(keys)
  const text = JSON.stringify(keys)
  for (const secret of [identity.signing.ed25519.d, identity.signing.mldsa65.priv, identity.hpke.privateKey]) {
    expect(text).not.toContain(secret)
  }
})

test('what is sealed to an identity opens with it', async () => {
  const identity = await createIdentity()
  const { publicKey, privateKey } = hpkeKeysOf(identity)
  const binding = { info: utf8('info'), aad: utf8('aad') }
  const sealed = await hpkeSeal(publicKey, utf8('key'), binding)
  expect(await hpkeOpen(privateKey, publicKey, sealed, binding)).toEqual(utf8('key'))
})

test('a file that is no identity is refused without repeating anything of it', async () => {
  const identity = await createIdentity()
  for (const value of [
    null,
    {},
    publicKeysOf(identity),
    { ...identity, kind: 'reinraum/identity/v2' },
    { ...identity, extra: 1 },
  ]) {
    expect(await refusalOf(() => parseIdentity(value))).toBe('invalid-identity')
  }
  const broken = { ...identity, signing: { ...identity.signing, ed25519: { ...identity.signing.ed25519, d: 'canary' } } }
  expect(() => parseIdentity(broken)).toThrow(/^(?!.*canary)/)
})
