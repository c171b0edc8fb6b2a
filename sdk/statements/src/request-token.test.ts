import { canonicalBytes, digestId, utf8 } from '@reinraum/crypto'
import { CompactSign, importJWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { createIdentity, type Identity, publicKeysOf } from './identity.ts'
import { createRequestToken, verifyRequestToken } from './request-token.ts'
import { refusalOf } from './testing/refusal.ts'

const now = new Date('2026-11-21T12:00:00.000Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const scope = { audience: 'governance', method: '/reinraum.governance.v1.GovernanceService/StartRun', body: utf8('request') }

let identity: Identity
let token: string
beforeAll(async () => {
  identity = await createIdentity()
  token = await createRequestToken(identity, { ...scope, now })
})

const refused = (text: string, change: object = {}) => refusalOf(() => verifyRequestToken(text, { ...scope, now, ...change }))

describe('a request token', () => {
  test('says whose key made it, its number, and until when to remember that', async () => {
    const verified = await verifyRequestToken(token, { ...scope, now })
    expect(verified.key).toEqual(publicKeysOf(identity).signing.ed25519)
    expect(verified.jti).toMatch(/^[A-Za-z0-9_-]{22}$/)
    expect(verified.expiresAt).toEqual(later(90))
  })

  test('has another number each time', async () => {
    const again = await createRequestToken(identity, { ...scope, now })
    expect((await verifyRequestToken(again, { ...scope, now })).jti).not.toBe(
      (await verifyRequestToken(token, { ...scope, now })).jti,
    )
  })

  test('is refused for another service, another method or another request', async () => {
    expect(await refused(token, { audience: 'release' })).toBe('unauthenticated')
    expect(await refused(token, { method: '/reinraum.governance.v1.GovernanceService/Revoke' })).toBe('unauthenticated')
    expect(await refused(token, { body: utf8('request ') })).toBe('unauthenticated')
    expect(await refused(token, { body: undefined })).toBe('unauthenticated')
  })

  test('made for a stream is refused for a single request', async () => {
    const stream = await createRequestToken(identity, { audience: scope.audience, method: scope.method, now })
    await expect(verifyRequestToken(stream, { ...scope, body: undefined, now })).resolves.toBeDefined()
    expect(await refused(stream)).toBe('unauthenticated')
  })

  test('is good for a minute, with half a minute for clocks that differ', async () => {
    for (const seconds of [-30, 0, 60, 89.9]) {
      await expect(verifyRequestToken(token, { ...scope, now: later(seconds) })).resolves.toBeDefined()
    }
    for (const seconds of [-31, 90, 3600, Number.NaN])
      expect(await refused(token, { now: later(seconds) })).toBe('unauthenticated')
  })

  test('with any character changed, or cut off, is refused', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'
    for (let at = 0; at < token.length; at += 3) {
      const other = alphabet[(alphabet.indexOf(token[at] ?? '') + 1) % alphabet.length]
      expect(await refused(`${token.slice(0, at)}${other}${token.slice(at + 1)}`)).toBe('unauthenticated')
      expect(await refused(token.slice(0, at))).toBe('unauthenticated')
    }
    for (const text of ['', '.', '..', '...', `${token}.`, 'x'.repeat(1_000_000), `${token}=`, ` ${token}`]) {
      expect(await refused(text)).toBe('unauthenticated')
    }
  })

  test('is refused when its header or its claims hold anything else, though well signed', async () => {
    const key = await importJWK(identity.signing.ed25519, 'EdDSA')
    const iat = now.getTime() / 1000
    const claims = {
      iat,
      exp: iat + 60,
      jti: 'A'.repeat(22),
      aud: scope.audience,
      method: scope.method,
      body: digestId(scope.body),
    }
    const jwk = publicKeysOf(identity).signing.ed25519
    const make = (header: object, body: object) =>
      new CompactSign(canonicalBytes(body))
        .setProtectedHeader({ alg: 'EdDSA', typ: 'reinraum-request+jwt', jwk, ...header })
        .sign(key)

    await expect(verifyRequestToken(await make({}, claims), { ...scope, now })).resolves.toBeDefined()
    const { d } = identity.signing.ed25519
    for (const header of [
      { typ: 'JWT' },
      { kid: 'x' },
      { jku: 'https://example.org' },
      { alg: 'Ed25519' },
      { jwk: { ...jwk, d } },
    ]) {
      expect([header, await refused(await make(header, claims))]).toEqual([header, 'unauthenticated'])
    }
    for (const change of [
      { exp: iat + 61 },
      { exp: iat },
      { exp: iat - 1 },
      { iat: iat + 31, exp: iat + 91 },
      { jti: 'short' },
      { sub: 'air' },
      { aud: ['governance'] },
      { iat: `${iat}` },
    ]) {
      expect([change, await refused(await make({}, { ...claims, ...change }))]).toEqual([change, 'unauthenticated'])
    }
  })

  test('signed with another key than the one in its header is refused', async () => {
    const thief = await createIdentity()
    const key = await importJWK(thief.signing.ed25519, 'EdDSA')
    const iat = now.getTime() / 1000
    const claims = {
      iat,
      exp: iat + 60,
      jti: 'A'.repeat(22),
      aud: scope.audience,
      method: scope.method,
      body: digestId(scope.body),
    }
    const forged = await new CompactSign(canonicalBytes(claims))
      .setProtectedHeader({ alg: 'EdDSA', typ: 'reinraum-request+jwt', jwk: publicKeysOf(identity).signing.ed25519 })
      .sign(key)
    expect(await refused(forged)).toBe('unauthenticated')
  })
})
