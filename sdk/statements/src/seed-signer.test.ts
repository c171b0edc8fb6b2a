import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { utf8 } from '@reinraum/crypto'
import { expect, test } from 'vitest'
import { createIdentity, publicKeysOf } from './identity.ts'
import { statementType } from './jws.ts'
import { signingKeysSchema } from './parts/public-keys.ts'
import { pkcs8OfSeeds, signerOfSeeds } from './seed-signer.ts'
import { refusalOf } from './testing/refusal.ts'
import { isSignatureValid } from './verify/signature.ts'

const payload = Buffer.from('payload').toString('base64url')

async function validity(signer: Awaited<ReturnType<typeof signerOfSeeds>>) {
  const signatures = await signer.sign(utf8('payload'))
  const { ed25519, mldsa65 } = signer.keys
  const opened = signatures.map(
    (signature, i) => ({ ...signature, algorithm: i === 0 ? 'Ed25519' : 'ML-DSA-65', kid: '' }) as const,
  )
  return Promise.all([
    isSignatureValid(payload, opened[0] as never, ed25519),
    isSignatureValid(payload, opened[1] as never, mldsa65),
  ])
}

test('what is signed from seeds verifies with the public keys that OpenSSL derives from the same seeds', async () => {
  expect(statementType).toContain('jws')
  const seeds = { ed25519: randomBytes(32), mldsa65: randomBytes(32) }
  const { ed25519, mldsa65 } = pkcs8OfSeeds(seeds)
  const jwkOf = (der: Uint8Array) =>
    createPublicKey(createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })).export({ format: 'jwk' })
  const keys = signingKeysSchema.parse({ ed25519: jwkOf(ed25519), mldsa65: jwkOf(mldsa65) })
  expect(await validity(await signerOfSeeds(seeds, keys))).toEqual([true, true])
  // The caller may overwrite its seeds at once.
  const signer = await signerOfSeeds(seeds, keys)
  seeds.ed25519.fill(0)
  seeds.mldsa65.fill(0)
  expect(await validity(signer)).toEqual([true, true])
})

test('an identity and its seeds sign alike', async () => {
  const identity = await createIdentity()
  const seeds = {
    ed25519: Buffer.from(identity.signing.ed25519.d, 'base64url'),
    mldsa65: Buffer.from(identity.signing.mldsa65.priv, 'base64url'),
  }
  expect(await validity(await signerOfSeeds(seeds, publicKeysOf(identity).signing))).toEqual([true, true])
})

test('what is no seed is refused', async () => {
  const { signing } = publicKeysOf(await createIdentity())
  const seed = randomBytes(32)
  expect(await refusalOf(() => signerOfSeeds({ ed25519: seed.subarray(1), mldsa65: seed }, signing))).toBe('invalid-identity')
  expect(await refusalOf(() => signerOfSeeds({ ed25519: seed, mldsa65: Buffer.alloc(33) }, signing))).toBe('invalid-identity')
})
