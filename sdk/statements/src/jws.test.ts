import { canonicalBytes, toBase64url, utf8 } from '@reinraum/crypto'
import { CompactSign, FlattenedSign, importJWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { createIdentity, type Identity, publicKeysOf, signerOf } from './identity.ts'
import type { Query } from './kinds/query.ts'
import { mergeSignatures } from './merge-signatures.ts'
import { parseStatement } from './parse-statement.ts'
import { signStatement } from './sign-statement.ts'
import { createSigner, thumbprint } from './signer.ts'
import { tamper, withPayload } from './testing/forgery.ts'
import { refusalOf } from './testing/refusal.ts'
import { contractOf, createParties, idOf, now, type Parties, queryOf, signAs, signAsAll, signBytes } from './testing/room.ts'
import type { VerifiedContract } from './verified.ts'
import { verifyContract } from './verify/contract.ts'
import { verifyQuery } from './verify/query.ts'

let parties: Parties
let contract: VerifiedContract
let query: Query
let signed: Uint8Array
beforeAll(async () => {
  parties = await createParties()
  const bytes = await signAsAll(parties, ['air', 'bird', 'analyst', 'officer', 'reviewer'], contractOf(parties))
  contract = await verifyContract(bytes, { now })
  query = queryOf(contract.id)
  signed = await signAs(parties, 'analyst', query)
})

const refused = (bytes: Uint8Array) => refusalOf(() => verifyQuery(bytes, contract, now))
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** One signature with any header, as only an attacker's own software makes it. */
async function signatureWith(identity: Identity, header: object, payload: Uint8Array, options: object = {}) {
  const key = await importJWK(identity.signing.ed25519, 'Ed25519')
  return new FlattenedSign(payload).setProtectedHeader({ alg: 'Ed25519', ...header }).sign(key, options)
}
/** The query signed by the analyst, its Ed25519 signature made with the header given. */
async function withHeader(header: object, options?: object): Promise<Uint8Array> {
  const kid = await thumbprint(publicKeysOf(parties.analyst).signing.ed25519)
  const forged = await signatureWith(
    parties.analyst,
    { kid, typ: 'reinraum-statement+jws', ...header },
    canonicalBytes(query),
    options,
  )
  return tamper(signed, ({ payload, signatures }) => ({
    payload,
    signatures: [{ protected: forged.protected, signature: forged.signature }, ...signatures.slice(1)],
  }))
}

/** As many signatures as asked for, of keys that nobody has. */
function withSignatures(count: number, from = 0) {
  const header = (i: number) => ({ alg: 'Ed25519', kid: String(from + i).padStart(43, 'k'), typ: 'reinraum-statement+jws' })
  const signature = 'A'.repeat(86)
  return (jws: object) => ({
    ...jws,
    signatures: Array.from({ length: count }, (_, i) => ({ protected: toBase64url(canonicalBytes(header(i))), signature })),
  })
}

describe('a signed statement', () => {
  test('is a General JWS of the canonical document with an Ed25519 and an ML-DSA-65 signature', async () => {
    const jws = JSON.parse(text(signed)) as { payload: string; signatures: { protected: string }[] }
    expect(jws.payload).toBe(toBase64url(canonicalBytes(query)))
    expect(jws.signatures.map((s) => JSON.parse(atob(s.protected)) as object)).toEqual([
      { alg: 'Ed25519', kid: await thumbprint(parties.analyst.signing.ed25519), typ: 'reinraum-statement+jws' },
      { alg: 'ML-DSA-65', kid: await thumbprint(parties.analyst.signing.mldsa65), typ: 'reinraum-statement+jws' },
    ])
    expect(parseStatement(signed)).toMatchObject({ id: idOf(query), kind: 'reinraum/query/v1', document: query })
    expect((await verifyQuery(signed, contract, now)).document).toEqual(query)
  })

  test('verifies when its header is written by other software in the same form', async () => {
    await expect(verifyQuery(await withHeader({}), contract, now)).resolves.toBeDefined()
  })

  test('may be written with white space between its members', async () => {
    const pretty = utf8(JSON.stringify(JSON.parse(text(signed)), null, 2))
    expect((await verifyQuery(pretty, contract, now)).id).toBe(idOf(query))
  })

  test('is refused when a key signs twice', async () => {
    const again = tamper(signed, (jws) => ({ ...jws, signatures: [...jws.signatures, jws.signatures[0]] }))
    expect(await refused(again)).toBe('invalid-statement')
  })

  test('is refused without signatures, and with more than 128', async () => {
    expect(await refused(tamper(signed, (jws) => ({ ...jws, signatures: [] })))).toBe('signature-missing')
    expect(await refused(tamper(signed, withSignatures(129)))).toBe('invalid-statement')
    expect(await refused(tamper(signed, withSignatures(128)))).toBe('unknown-member')
  })

  test('is refused with a signature of a stranger or of another member beside the two', async () => {
    for (const [name, code] of [
      ['stranger', 'unknown-member'],
      ['shared-keys', 'unknown-member'],
      ['air', 'signature-invalid'],
    ] as const) {
      expect(await refused(await mergeSignatures(signed, await signAs(parties, name, query)))).toBe(code)
    }
  })

  test('is refused with an unprotected header or any other member', async () => {
    const unprotected = tamper(signed, (jws) => ({ ...jws, signatures: jws.signatures.map((s) => ({ ...s, header: {} })) }))
    expect(await refused(unprotected)).toBe('unknown-field')
    expect(await refused(tamper(signed, (jws) => ({ ...jws, header: {} })))).toBe('unknown-field')
  })

  test('is refused with any other member in a protected header', async () => {
    expect(await refused(await withHeader({ jwk: publicKeysOf(parties.stranger).signing.ed25519 }))).toBe('unknown-field')
    expect(await refused(await withHeader({ x: 1, crit: ['x'] }, { crit: { x: true } }))).toBe('unknown-field')
    expect(await refused(await withHeader({ b64: true, crit: ['b64'] }))).toBe('unknown-field')
  })

  test('is refused with another type in a protected header, so that no other token passes for a statement', async () => {
    expect(await refused(await withHeader({ typ: 'reinraum-request+jwt' }))).toBe('invalid-statement')
    expect(await refused(await withHeader({ typ: undefined }))).toBe('invalid-statement')
  })

  test('is refused with an algorithm that is none, or not that of the key', async () => {
    const header = async (change: object) => {
      const kid = await thumbprint(parties.analyst.signing.ed25519)
      return toBase64url(canonicalBytes({ alg: 'Ed25519', kid, typ: 'reinraum-statement+jws', ...change }))
    }
    const withFirst = (first: object) => tamper(signed, (jws) => ({ ...jws, signatures: [first, ...jws.signatures.slice(1)] }))
    const jws = JSON.parse(text(signed)) as { signatures: { signature: string }[] }
    const [ed25519, mldsa65] = jws.signatures
    for (const [alg, signature, code] of [
      ['none', ed25519?.signature, 'invalid-statement'],
      ['EdDSA', ed25519?.signature, 'invalid-statement'],
      ['HS256', ed25519?.signature, 'invalid-statement'],
      ['ML-DSA-65', mldsa65?.signature, 'signature-invalid'],
      ['ML-DSA-65', ed25519?.signature, 'signature-invalid'],
    ]) {
      expect([alg, await refused(withFirst({ protected: await header({ alg }), signature }))]).toEqual([alg, code])
    }
  })

  test('is refused when a protected header is not in canonical form', async () => {
    const kid = await thumbprint(parties.analyst.signing.ed25519)
    const key = await importJWK(parties.analyst.signing.ed25519, 'Ed25519')
    const forged = await new FlattenedSign(canonicalBytes(query))
      .setProtectedHeader({ typ: 'reinraum-statement+jws', kid, alg: 'Ed25519' })
      .sign(key)
    const bytes = tamper(signed, (jws) => ({
      ...jws,
      signatures: [{ protected: forged.protected, signature: forged.signature }, ...jws.signatures.slice(1)],
    }))
    expect(await refused(bytes)).toBe('invalid-statement')
  })

  test('is refused when its payload is not in canonical form, though well signed', async () => {
    for (const payload of [
      JSON.stringify(query, null, 1),
      JSON.stringify(query),
      text(canonicalBytes(query)).replace('"by":"analyst"', '"by":"\\u0061nalyst"'),
      text(canonicalBytes(query)).replace('"maximum":100', '"maximum":1e2'),
    ]) {
      expect(await refused(await signBytes(parties, 'analyst', utf8(payload)))).toBe('invalid-statement')
    }
  })

  test('is refused when it names a member twice, anywhere', async () => {
    const twice = text(canonicalBytes(query)).replace('{', '{"by":"analyst",')
    expect(await refused(await signBytes(parties, 'analyst', utf8(twice)))).toBe('invalid-statement')
    const jws = JSON.parse(text(signed)) as { payload: string }
    expect(await refused(utf8(text(signed).replace('{', `{"payload":"${jws.payload}",`)))).toBe('invalid-statement')
  })

  test('is refused with __proto__ among its members', async () => {
    const proto = text(canonicalBytes(query)).replace('{', '{"__proto__":{},')
    expect(await refused(await signBytes(parties, 'analyst', utf8(proto)))).toBe('invalid-statement')
  })

  test('is refused with padding, stray bits, white space or another alphabet in its base64url', async () => {
    // 64 bytes leave four bits of the last character unused.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const withStrayBit = (s: string) => `${s.slice(0, -1)}${alphabet[alphabet.indexOf(s.slice(-1)) + 1]}`
    const changes = [(s: string) => `${s}=`, (s: string) => `+${s.slice(1)}`, (s: string) => ` ${s}`, withStrayBit]
    for (const change of changes) {
      const bytes = tamper(signed, (jws) => ({
        ...jws,
        signatures: jws.signatures.map((s, i) => (i === 0 ? { ...s, signature: change(s.signature) } : s)),
      }))
      expect(await refused(bytes)).toBe('invalid-statement')
    }
    expect(await refused(tamper(signed, (jws) => ({ ...jws, payload: `${jws.payload}=` })))).toBe('invalid-statement')
  })

  test('is refused when it is not JSON, not UTF-8, empty, or larger than 4 MiB', async () => {
    const padded = (length: number) => utf8(text(signed).padEnd(length))
    await expect(verifyQuery(padded(4 * 1024 * 1024), contract, now)).resolves.toBeDefined()
    for (const bytes of [
      utf8(''),
      utf8('null'),
      utf8('[]'),
      utf8('{}'),
      utf8('{"payload":"","signatures":[]}'),
      Uint8Array.of(0xff, 0xfe),
      padded(4 * 1024 * 1024 + 1),
      utf8('['.repeat(100_000)),
    ]) {
      expect(await refused(bytes)).toBe('invalid-statement')
    }
  })

  test('of a kind that is not known is refused', async () => {
    const bytes = await signBytes(parties, 'analyst', canonicalBytes({ ...query, kind: 'reinraum/query/v2' }))
    expect(await refused(bytes)).toBe('unknown-kind')
    for (const kind of ['constructor', 'toString', '']) {
      expect(await refused(await signBytes(parties, 'analyst', canonicalBytes({ ...query, kind })))).toBe('unknown-kind')
    }
    expect(await refused(await signBytes(parties, 'analyst', canonicalBytes({ ...query, kind: 1 })))).toBe('invalid-statement')
  })

  test('with an unknown field, at any depth, is refused', async () => {
    expect(await refused(await signBytes(parties, 'analyst', canonicalBytes({ ...query, extra: 1 })))).toBe('unknown-field')
    const [first, ...rest] = query.parameters
    const deep = { ...query, parameters: [{ ...first, domain: { ...first?.domain, extra: 1 } }, ...rest] }
    expect(await refused(await signBytes(parties, 'analyst', canonicalBytes(deep)))).toBe('unknown-field')
  })

  test('signed as a compact JWS, or as a request token, is refused', async () => {
    const key = await importJWK(parties.analyst.signing.ed25519, 'Ed25519')
    const compact = await new CompactSign(canonicalBytes(query)).setProtectedHeader({ alg: 'Ed25519' }).sign(key)
    expect(await refused(utf8(compact))).toBe('invalid-statement')
  })
})

describe('signing', () => {
  test('refuses what a reader would refuse', async () => {
    const sign = (document: unknown) => refusalOf(() => signAs(parties, 'analyst', document as Query))
    expect(await sign({ ...query, extra: 1 })).toBe('unknown-field')
    expect(await sign({ ...query, kind: 'reinraum/other/v1' })).toBe('unknown-kind')
    expect(await sign({ ...query, sql: '' })).toBe('invalid-statement')
    expect(await sign({ ...query, sql: '\ud800' })).toBe('invalid-argument')
    expect(await sign(null)).toBe('invalid-statement')
  })

  test('writes out what has a default, and a contract that leaves it to the reader is refused', async () => {
    const full = contractOf(parties)
    const { policy: _, ...snp } = full.executors.snp ?? expect.fail('the room names SEV-SNP')
    const short = { ...full, executors: { snp } }
    const bytes = await signAs(parties, 'air', short)
    expect(parseStatement(bytes).id).toBe(idOf(full))
    const lazy = await signBytes(parties, 'air', canonicalBytes(short))
    expect(await refusalOf(() => verifyContract(lazy, { now, complete: false }))).toBe('invalid-statement')
  })

  test('with the keys of a run works until they are dropped', async () => {
    const signer = await createSigner()
    await expect(signStatement(query, signer)).resolves.toBeDefined()
    signer.zeroise()
    expect(await refusalOf(() => signStatement(query, signer))).toBe('internal')
  })

  test('with an identity whose private key cannot be read is refused', async () => {
    const identity = await createIdentity()
    const broken = { ...identity, signing: { ...identity.signing, ed25519: { ...identity.signing.ed25519, d: '' } } }
    expect(await refusalOf(() => signAs({ ...parties, analyst: broken }, 'analyst', query))).toBe('invalid-identity')
  })
})

describe('merging signatures', () => {
  test('joins the acceptances of a contract, in any order, to the same members', async () => {
    const document = contractOf(parties)
    const [a, b] = await Promise.all([signAs(parties, 'air', document), signAs(parties, 'bird', document)])
    for (const merged of [await mergeSignatures(a, b), await mergeSignatures(b, a)]) {
      const kids = parseStatement(merged).kids
      expect(kids).toEqual(kids.toSorted())
      expect((await verifyContract(merged, { now, complete: false })).acceptedBy).toEqual(['air', 'bird'])
    }
  })

  test('keeps the first of two signatures of one key', async () => {
    const again = await signStatement(query, signerOf(parties.analyst))
    expect(again).not.toEqual(signed)
    expect(parseStatement(await mergeSignatures(signed, again)).kids).toHaveLength(2)
  })

  test('refuses statements that do not say the same', async () => {
    const other = withPayload(signed, (d) => ({ ...d, title: 'Other' }))
    expect(await refusalOf(() => mergeSignatures(signed, other))).toBe('conflict')
  })

  test('refuses to grow beyond 128 signatures', async () => {
    const [a, b] = [tamper(signed, withSignatures(100)), tamper(signed, withSignatures(100, 100))]
    expect(await refusalOf(() => mergeSignatures(a, b))).toBe('invalid-statement')
  })
})
