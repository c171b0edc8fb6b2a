import { createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { fromBase64url, toBase64url, utf8 } from '@reinraum/crypto'
import fc from 'fast-check'
import { CompactSign, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { contraindicated, noTrust } from '../verdicts.ts'
import { type EarAlgorithm, earAlgorithms, maximumTokenLength } from './algorithms.ts'
import { appraisalOf, type Ear, earProfile } from './ear.ts'
import { signEar } from './sign-ear.ts'
import { ownVerifierId, toEar } from './to-ear.ts'
import { type EarExpectation, verifyEar } from './verify-ear.ts'

const now = new Date('2026-11-21T12:00:00.000Z')
const seconds = now.getTime() / 1000
const policyId = `sha256:${'1'.repeat(64)}`
const evidenceId = `sha256:${'2'.repeat(64)}`
const nonce = 'n'.repeat(43)
const typ = 'eat+jwt'
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ed25519')
const ear = affirming()
const token = await signEar(ear, privateKey, { algorithm: 'Ed25519', keyId: 'verifier', lifetime: 600 })

function affirming(): Ear {
  const checks = [{ name: 'report-signature' as const, verdict: 'passed' as const, detail: 'good' }]
  const result = { ...contraindicated('snp', 'malformed-evidence', checks), status: 'affirming' as const, reasons: [] }
  return toEar({ ...result, trustVector: { ...noTrust(0), executables: 2 } }, { now, policyId, evidenceId, nonce })
}

function verify(text: string, more: Partial<EarExpectation> = {}): Promise<Ear> {
  return verifyEar(text, { key: publicKey, algorithms: ['Ed25519'], now, maximumAgeSeconds: 300, ...more })
}
async function codeOf(text: string, more: Partial<EarExpectation> = {}): Promise<unknown> {
  return verify(text, more).then(
    () => 'accepted',
    (error: { readonly code?: unknown }) => error.code,
  )
}
/** Signs whatever text with any header, as only an attacker's own software does. */
function forge(payload: string, header: object = {}, key: KeyObject = privateKey): string {
  const parts = [JSON.stringify({ alg: 'Ed25519', kid: 'verifier', typ, ...header }), payload]
  const text = parts.map((part) => toBase64url(utf8(part))).join('.')
  return `${text}.${toBase64url(new Uint8Array(sign(null, utf8(text), key)))}`
}
function changed(change: (ear: Record<string, unknown> & { submods: Record<string, Record<string, unknown>> }) => void): string {
  const copy = structuredClone({ ...ear, exp: seconds + 600 }) as unknown as Parameters<typeof change>[0]
  change(copy)
  return forge(JSON.stringify(copy))
}
const later = (s: number) => new Date(now.getTime() + s * 1000)

describe('a signed EAR', () => {
  const pairs = {
    Ed25519: () => generateKeyPairSync('ed25519'),
    EdDSA: () => generateKeyPairSync('ed25519'),
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    'ML-DSA-65': () => generateKeyPairSync('ml-dsa-65'),
  }
  it.each(earAlgorithms)('of %s verifies, with keys of node and of WebCrypto', async (algorithm) => {
    for (const pair of [pairs[algorithm](), await generateKeyPair(algorithm)]) {
      const signed = await signEar(ear, pair.privateKey, { algorithm, keyId: 'k', lifetime: 600 })
      const read = await verify(signed, { key: pair.publicKey, algorithms: [algorithm], policyId, evidenceId, nonce })
      expect(read).toEqual({ ...ear, exp: seconds + 600 })
      expect(appraisalOf(read).ear_status).toBe('affirming')
      expect(JSON.parse(Buffer.from(fromBase64url(signed.split('.')[0] as string)).toString())).toEqual({
        alg: algorithm,
        kid: 'k',
        typ,
      })
    }
  })

  it('may hold claims that its reader does not know, and they are passed over', async () => {
    const other = changed((e) => {
      e['example.com/new'] = { anything: 1 }
    })
    expect(await verify(other)).toEqual({ ...ear, exp: seconds + 600 })
  })

  it('that is contraindicated verifies too: a good signature is no good verdict', async () => {
    const bad = toEar(contraindicated('tdx', 'malformed-evidence', [{ name: 'structure', verdict: 'failed', detail: '' }]), {
      now,
      policyId,
      evidenceId,
    })
    const signed = await signEar(bad, privateKey, { algorithm: 'Ed25519', keyId: 'k', lifetime: 60 })
    expect((await verify(signed)).ear_status).toBe('contraindicated')
  })

  it('is not made with a key that does not fit, without a lifetime, or longer than a reader reads', async () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const attempt = (more: object, key: KeyObject = privateKey, of: Ear = ear) =>
      signEar(of, key, { algorithm: 'Ed25519', keyId: 'k', lifetime: 60, ...more }).catch((e: { code?: unknown }) => e.code)
    expect(await attempt({}, ec)).toBe('invalid-argument')
    expect(await attempt({}, publicKey)).toBe('invalid-argument')
    expect(await attempt({ algorithm: 'HS256' }, createSecretKey(new Uint8Array(32)))).toBe('invalid-argument')
    for (const lifetime of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.5]) {
      expect(await attempt({ lifetime })).toBe('invalid-argument')
    }
    expect(await attempt({ keyId: '' })).toBe('invalid-argument')
    expect(await attempt({}, privateKey, { ...ear, ear_status: 'warning', iat: 0.5 })).toBe('invalid-argument')
    const check = { name: 'x', verdict: 'failed' as const, detail: 'x'.repeat(1024) }
    const [label, appraisal] = Object.entries(ear.submods)[0] as ['snp', Ear['submods']['snp'] & object]
    const claims = { ...appraisal.ear_verifier_claims, 'reinraum.checks': Array.from({ length: 100 }, () => check) }
    const long = { ...ear, submods: { [label]: { ...appraisal, ear_verifier_claims: claims } } }
    expect(await attempt({}, privateKey, long)).toBe('invalid-argument')
  })
})

describe('a token is refused', () => {
  it('without a signature, or with one of another key or another algorithm', async () => {
    expect(await codeOf(forge(JSON.stringify(ear), {}, stranger.privateKey))).toBe('signature-invalid')
    const [header, payload] = token.split('.') as [string, string]
    const none = toBase64url(utf8(JSON.stringify({ alg: 'none', kid: 'verifier', typ })))
    for (const text of [`${none}.${payload}.`, `${none}.${payload}.AAAA`]) expect(await codeOf(text)).toBe('invalid-statement')
    expect(await codeOf(`${header}.${payload}.`)).toBe('signature-invalid')
    // The same key under its other name: the allow-list names one.
    const renamed = await signEar(ear, privateKey, { algorithm: 'EdDSA', keyId: 'k', lifetime: 60 })
    expect(await codeOf(renamed)).toBe('signature-invalid')
    expect(await codeOf(renamed, { algorithms: ['EdDSA'] })).toBe('accepted')
    expect(await codeOf(token, { algorithms: [] })).toBe('signature-invalid')
    for (const algorithm of earAlgorithms.filter((a) => a !== 'Ed25519')) {
      expect(await codeOf(token, { algorithms: [algorithm] })).toBe('signature-invalid')
    }
  })

  it('with a MAC over the public key, as a verifier that asks the header would accept it', async () => {
    const secret = createSecretKey(publicKey.export({ type: 'spki', format: 'der' }))
    const mac = await new SignJWT({ ...ear }).setProtectedHeader({ alg: 'HS256', kid: 'verifier', typ }).sign(secret)
    expect(await codeOf(mac)).toBe('invalid-statement')
    expect(await codeOf(mac, { algorithms: ['HS256' as EarAlgorithm], key: secret })).toBe('invalid-statement')
  })

  it('with a key in its header, whoever made the signature', async () => {
    const jwk = await exportJWK(createPublicKey(stranger.privateKey))
    for (const header of [{ jwk }, { jku: 'https://example.com' }, { x5c: ['AA'] }, { x5u: 'https://example.com' }]) {
      expect(await codeOf(forge(JSON.stringify(ear), header, stranger.privateKey))).toBe('invalid-statement')
      expect(await codeOf(forge(JSON.stringify(ear), header))).toBe('invalid-statement')
    }
  })

  it('with a critical header, another type or none, a detached payload or other parts', async () => {
    const payload = JSON.stringify(ear)
    for (const header of [{ crit: ['x'], x: 1 }, { crit: [] }, { b64: false, crit: ['b64'] }, { b64: true, crit: ['b64'] }]) {
      expect(await codeOf(forge(payload, header))).toBe('invalid-statement')
    }
    for (const header of [{ typ: 'JWT' }, { typ: 'reinraum-request+jwt' }, { typ: undefined }, { kid: undefined }]) {
      expect(await codeOf(forge(payload, header))).toBe('invalid-statement')
    }
    const [header, , signature] = token.split('.') as [string, string, string]
    for (const text of [`${header}..${signature}`, `${header}.${signature}`, `${token}.`, `${token}.AA`, `${token}=`, '', '..']) {
      expect(await codeOf(text)).toBe('invalid-statement')
    }
    const bytes = await new CompactSign(utf8(payload)).setProtectedHeader({ alg: 'Ed25519', kid: 'k' }).sign(privateKey)
    expect(await codeOf(bytes)).toBe('invalid-statement')
  })

  it('after its end, after the greatest age, before its time, and where no time can be told', async () => {
    expect(await codeOf(token, { now: later(629), maximumAgeSeconds: 9999 })).toBe('accepted')
    expect(await codeOf(token, { now: later(630), maximumAgeSeconds: 9999 })).toBe('expired')
    expect(await codeOf(token, { now: later(330) })).toBe('accepted')
    expect(await codeOf(token, { now: later(331) })).toBe('expired')
    expect(await codeOf(token, { now: later(-30) })).toBe('accepted')
    expect(await codeOf(token, { now: later(-31) })).toBe('not-yet-valid')
    expect(await codeOf(changed((e) => Object.assign(e, { nbf: seconds + 100 })))).toBe('not-yet-valid')
    expect(await codeOf(token, { now: new Date(Number.NaN) })).toBe('invalid-argument')
    for (const maximumAgeSeconds of [Number.NaN, 0, -1, undefined as unknown as number]) {
      expect(await codeOf(token, { maximumAgeSeconds })).toBe('invalid-argument')
    }
  })

  it('about another question, other reference values or other evidence', async () => {
    expect(await codeOf(token, { nonce: 'm'.repeat(43) })).toBe('nonce-unknown')
    expect(
      await codeOf(
        changed((e) => delete e.eat_nonce),
        { nonce },
      ),
    ).toBe('nonce-unknown')
    expect(await codeOf(token, { policyId: evidenceId })).toBe('contract-mismatch')
    expect(await codeOf(token, { evidenceId: policyId })).toBe('conflict')
  })

  it('whose status was changed: by anybody, for the signature; by the verifier, for its own trust vector', async () => {
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const text = Buffer.from(fromBase64url(payload)).toString().replaceAll('affirming', 'warning')
    expect(await codeOf(`${header}.${toBase64url(utf8(text))}.${signature}`)).toBe('signature-invalid')
    type Submods = Record<string, Record<string, unknown>>
    const snp = (submods: Submods) => submods.snp as Record<string, Record<string, unknown>>
    const lies: ((submods: Submods) => void)[] = [
      (submods) => Object.assign(snp(submods).ear_trustworthiness_vector as object, { executables: 96 }),
      (submods) => Object.assign(snp(submods).ear_trustworthiness_vector as object, { hardware: -33 }),
      (submods) => Object.assign(snp(submods), { ear_trustworthiness_vector: { executables: 0 } }),
      (submods) => Object.assign(snp(submods).ear_verifier_claims as object, { 'reinraum.reasons': ['debug-enabled'] }),
      (submods) => Object.assign(snp(submods).ear_verifier_claims as object, { 'reinraum.waivers': ['debug'] }),
      (submods) => Object.assign(snp(submods), { ear_status: 'contraindicated' }),
    ]
    for (const lie of lies) expect(await codeOf(changed((e) => lie(e.submods)))).toBe('invalid-statement')
  })

  it.each<[string, (e: Parameters<Parameters<typeof changed>[0]>[0]) => void]>([
    ['another profile', (e) => Object.assign(e, { eat_profile: 'tag:ietf.org,2026:rats/ear#03' })],
    ['no profile', (e) => delete e.eat_profile],
    ['no time', (e) => delete e.iat],
    ['a fraction of a second', (e) => Object.assign(e, { iat: seconds + 0.5 })],
    ['a time in text', (e) => Object.assign(e, { iat: String(seconds) })],
    ['an end that is no number', (e) => Object.assign(e, { exp: null })],
    ['no verifier', (e) => delete e.ear_verifier_id],
    ['a verifier with more to it', (e) => Object.assign(e, { ear_verifier_id: { ...ownVerifierId, more: 1 } })],
    ['a status of another language', (e) => Object.assign(e, { ear_status: 2 })],
    ['a status that says nothing', (e) => Object.assign(e, { ear_status: 'none' })],
    ['no attester', (e) => Object.assign(e, { submods: {} })],
    ['two attesters', (e) => Object.assign(e.submods, { tdx: e.submods.snp })],
    ['an attester of another kind', (e) => Object.assign(e, { submods: { sgx: e.submods.snp } })],
    ['no trust vector', (e) => delete e.submods.snp?.ear_trustworthiness_vector],
    [
      'an empty one',
      (e) => {
        Object.assign(e, { ear_status: 'contraindicated' })
        Object.assign(e.submods.snp ?? {}, { ear_status: 'contraindicated', ear_trustworthiness_vector: {} })
      },
    ],
    ['a claim that AR4SI does not know', (e) => Object.assign(e.submods.snp ?? {}, { ear_trustworthiness_vector: { luck: 2 } })],
    [
      'a value that is no signed byte',
      (e) => Object.assign(e.submods.snp ?? {}, { ear_trustworthiness_vector: { hardware: 128 } }),
    ],
    ['no policy', (e) => Object.assign(e.submods.snp ?? {}, { ear_appraisal_policy_ids: [] })],
    ['a second policy', (e) => Object.assign(e.submods.snp ?? {}, { ear_appraisal_policy_ids: [policyId, policyId] })],
    ['nothing of what the verifier found', (e) => delete e.submods.snp?.ear_verifier_claims],
    [
      'a reason that does not exist',
      (e) => Object.assign(e.submods.snp?.ear_verifier_claims ?? {}, { 'reinraum.reasons': ['x'] }),
    ],
    ['hardware that is nearly true', (e) => Object.assign(e.submods.snp?.ear_verifier_claims ?? {}, { 'reinraum.hardware': 1 })],
    ['a nonce that is too short', (e) => Object.assign(e, { eat_nonce: 'short' })],
    ['the names of an older draft', (e) => Object.assign(e, { 'ear.status': e.ear_status, ear_status: undefined })],
  ])('with %s', async (_, change) => {
    expect(await codeOf(changed(change))).toBe('invalid-statement')
  })

  it('with a member written twice, in the header or in the claims', async () => {
    const payload = JSON.stringify({ ...ear, exp: seconds + 600 })
    expect(await codeOf(forge(payload))).toBe('accepted')
    const twice = payload.replace('"eat_profile"', `"eat_profile":"${earProfile}","eat_profile"`)
    expect(await codeOf(forge(twice))).toBe('invalid-statement')
    const inside = payload.replace('"executables":2', '"executables":96,"executables":2')
    expect(inside).not.toBe(payload)
    expect(await codeOf(forge(inside))).toBe('invalid-statement')
    const header = `{"alg":"none","alg":"Ed25519","kid":"k","typ":"${typ}"}`
    const text = `${toBase64url(utf8(header))}.${toBase64url(utf8(payload))}`
    expect(await codeOf(`${text}.${toBase64url(new Uint8Array(sign(null, utf8(text), privateKey)))}`)).toBe('invalid-statement')
  })

  it('that is huge, or nested deep, before anything is computed', async () => {
    const started = performance.now()
    expect(await codeOf('A'.repeat(50_000_000))).toBe('invalid-statement')
    expect(await codeOf(`${token}${'A'.repeat(maximumTokenLength)}`)).toBe('invalid-statement')
    expect(await codeOf('.'.repeat(maximumTokenLength))).toBe('invalid-statement')
    expect(await codeOf(forge('['.repeat(40_000)))).toBe('invalid-statement')
    expect(performance.now() - started).toBeLessThan(500)
  })

  it('with any character of it changed', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const place = fc.tuple(fc.nat({ max: token.length - 1 }), fc.constantFrom(...alphabet, '.', '=', ' '))
    await fc.assert(
      fc.asyncProperty(place, async ([at, character]) => {
        fc.pre(token[at] !== character)
        expect(await codeOf(`${token.slice(0, at)}${character}${token.slice(at + 1)}`)).toMatch(
          /^(invalid-statement|signature-invalid)$/,
        )
      }),
      { numRuns: 300 },
    )
  })
})
