import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { concatBytes, randomBytes } from './bytes.ts'
import { fromHex, toHex } from './hex.ts'
import { wrapKey } from './key-wrap.ts'
import { generateRsaAesKeyPair, isRsa4096PublicKey, rsaAesUnwrap, rsaAesWrap, rsaOaepDecrypt } from './rsa-aes-key-wrap.ts'
import { wycheproofCases } from './test-support/wycheproof.ts'

const refused = expect.objectContaining({
  name: 'ReinraumError',
  code: 'decryption-failed',
  message: 'the wrapped key does not open',
})
const oaepCases = wycheproofCases('rsa_oaep_4096_sha256_mgf1sha256_test.json')
const kwpCases = wycheproofCases('aes_kwp_test.json').filter(({ keySize }) => keySize === 256)

let pair: { publicKey: Uint8Array; privateKey: Uint8Array }
const key = randomBytes(32)
beforeAll(async () => {
  pair = await generateRsaAesKeyPair()
})

/** An ephemeral key under RSA-OAEP as another program would write it. */
async function encrypted(kek: Uint8Array, hash = 'SHA-256', label?: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const to = await crypto.subtle.importKey('spki', new Uint8Array(pair.publicKey), { name: 'RSA-OAEP', hash }, false, ['encrypt'])
  const bytes = await crypto.subtle.encrypt({ name: 'RSA-OAEP', ...(label && { label }) }, to, new Uint8Array(kek))
  return new Uint8Array(bytes)
}

test('a key that was wrapped opens again, and is 512 bytes and its own wrapping long', async () => {
  const wrapped = await rsaAesWrap(pair.publicKey, key)
  expect(wrapped).toHaveLength(512 + 40)
  expect(await rsaAesUnwrap(pair.privateKey, wrapped)).toEqual(key)
  expect(await rsaAesWrap(pair.publicKey, key)).not.toEqual(wrapped)
})

describe('whatever is wrong, the answer is the same:', () => {
  const kek = randomBytes(32)
  const opens = (wrapped: Uint8Array) => expect(rsaAesUnwrap(pair.privateKey, wrapped)).rejects.toEqual(refused)

  test('a byte changed in either part', async () => {
    const wrapped = await rsaAesWrap(pair.publicKey, key)
    for (const at of [0, 1, 255, 511, 512, 519, 520, 551]) await opens(wrapped.with(at, (wrapped[at] ?? 0) ^ 1))
  })

  test('a part that is missing, too short or too long', async () => {
    const wrapped = await rsaAesWrap(pair.publicKey, key)
    for (const length of [0, 1, 40, 511, 512, 513, 520, 528, 544, 551]) await opens(wrapped.subarray(0, length))
    await opens(concatBytes(wrapped, new Uint8Array(8)))
    await opens(concatBytes(wrapped, new Uint8Array(100_000)))
    await opens(new Uint8Array(552).fill(255))
  })

  test('padding with another hash or a label', async () => {
    await opens(concatBytes(await encrypted(kek, 'SHA-1'), wrapKey(kek, key)))
    await opens(concatBytes(await encrypted(kek, 'SHA-256', Uint8Array.of(1)), wrapKey(kek, key)))
    expect(await rsaAesUnwrap(pair.privateKey, concatBytes(await encrypted(kek), wrapKey(kek, key)))).toEqual(key)
  })

  test('an ephemeral key of another length, or another than the second part was wrapped under', async () => {
    for (const length of [0, 16, 24, 31, 33, 64]) {
      await opens(concatBytes(await encrypted(randomBytes(length)), wrapKey(kek, key)))
    }
    await opens(concatBytes(await encrypted(randomBytes(32)), wrapKey(kek, key)))
  })

  test('an ephemeral key that is all zeros is no way in where the first part does not open', async () => {
    await opens(concatBytes(randomBytes(512).fill(0, 0, 1), wrapKey(new Uint8Array(32), key)))
  })

  test('and a private key that is another', async () => {
    const wrapped = await rsaAesWrap(pair.publicKey, key)
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const other = privateKey.export({ format: 'der', type: 'pkcs8' })
    await expect(rsaAesUnwrap(other, wrapped)).rejects.toEqual(refused)
  })
})

test('a public key is an RSA key of 4096 bits with the exponent 65537, in DER', async () => {
  expect(isRsa4096PublicKey(pair.publicKey)).toBe(true)
  const { asymmetricKeyDetails } = createPublicKey({ key: Buffer.from(pair.publicKey), format: 'der', type: 'spki' })
  expect(asymmetricKeyDetails).toMatchObject({ modulusLength: 4096, publicExponent: 65537n })
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const wrong = [
    new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    pair.publicKey.with(pair.publicKey.length - 1, 3),
    pair.publicKey.with(33, 0x7f),
    pair.publicKey.with(pair.publicKey.length - 6, 0),
    pair.publicKey.with(20, 0),
    pair.publicKey.subarray(1),
    concatBytes(pair.publicKey, Uint8Array.of(0)),
    new Uint8Array(0),
  ]
  for (const spki of wrong) {
    expect(isRsa4096PublicKey(spki)).toBe(false)
    await expect(rsaAesWrap(spki, key)).rejects.toMatchObject({ code: 'invalid-argument' })
  }
})

test.runIf(oaepCases.length > 0)(
  'agrees with every vector of RSA-OAEP that has no label, and refuses those that have one',
  async () => {
    for (const one of oaepCases) {
      const opened = rsaOaepDecrypt(fromHex(one.privateKeyPkcs8 ?? ''), fromHex(one.ct ?? ''))
      if (one.result === 'valid' && one.label === '') expect(toHex(await opened), `case ${one.tcId}`).toBe(one.msg)
      else await expect(opened, `case ${one.tcId}`).rejects.toEqual(refused)
    }
  },
)

test.runIf(kwpCases.length > 0)('agrees with every vector of AES-256-KWP, behind an ephemeral key of its own', async () => {
  const check = async (one: (typeof kwpCases)[number]) => {
    const unwrapped = rsaAesUnwrap(pair.privateKey, concatBytes(await encrypted(fromHex(one.key ?? '')), fromHex(one.ct ?? '')))
    if (one.result === 'valid') expect(toHex(await unwrapped), `case ${one.tcId}`).toBe(one.msg)
    else await expect(unwrapped, `case ${one.tcId}`).rejects.toEqual(refused)
  }
  await Promise.all(kwpCases.map(check))
})

test.runIf(hasOpenssl())('opens what the openssl program wrapped', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reinraum-openssl-'))
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  try {
    const pem = createPublicKey({ key: Buffer.from(pair.publicKey), format: 'der', type: 'spki' }).export({
      format: 'pem',
      type: 'spki',
    })
    writeFileSync(at('key.pem'), pem)
    writeFileSync(at('data-key'), key)
    openssl('rand', '-out', at('kek'), '32')
    const padding = ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha256'].flatMap((option) => [
      '-pkeyopt',
      option,
    ])
    openssl('pkeyutl', '-encrypt', '-pubin', '-inkey', at('key.pem'), '-in', at('kek'), '-out', at('first'), ...padding)
    const kek = toHex(readFileSync(at('kek')))
    openssl('enc', '-id-aes256-wrap-pad', '-e', '-iv', 'A65959A6', '-K', kek, '-in', at('data-key'), '-out', at('second'))
    const wrapped = concatBytes(readFileSync(at('first')), readFileSync(at('second')))
    expect(await rsaAesUnwrap(pair.privateKey, wrapped)).toEqual(key)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

function hasOpenssl(): boolean {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8', stdio: 'pipe' }).startsWith('OpenSSL 3')
  } catch {
    console.info('skipped: wrapping with the openssl program (no OpenSSL 3 on this machine)')
    return false
  }
}
