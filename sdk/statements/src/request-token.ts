import {
  canonicalBytes,
  digestId,
  fromBase64url,
  parseStrictJson,
  ReinraumError,
  randomBytes,
  toBase64url,
} from '@reinraum/crypto'
import { CompactSign, compactVerify, importJWK } from 'jose'
import { z } from 'zod'
import type { Identity } from './identity.ts'
import { digestIdSchema } from './parts/identifiers.ts'
import { type Ed25519Jwk, ed25519JwkSchema } from './parts/public-keys.ts'

/** RFC 8037. A token counts for a minute, so it is not worth a second signature. */
export const requestTokenAlgorithm = 'EdDSA'
const tokenType = 'reinraum-request+jwt'
const lifetimeSeconds = 60
/** How far two clocks may stand apart. */
const toleranceSeconds = 30
const maximumTokenLength = 4096

const headerSchema = z.strictObject({ alg: z.literal(requestTokenAlgorithm), typ: z.literal(tokenType), jwk: ed25519JwkSchema })
const claimsSchema = z.strictObject({
  iat: z.int(),
  exp: z.int(),
  jti: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  aud: z.string(),
  method: z.string(),
  /** SHA-256 of the request's bytes; absent for a stream */
  body: digestIdSchema.optional(),
})

/** What a token is made for: the service, the full gRPC path, and the request's bytes when it is a single message. */
export type RequestScope = { readonly audience: string; readonly method: string; readonly body?: Uint8Array | undefined }

/** A token that authenticates one request: compact JWS, Ed25519, the key in its header, good for 60 s. */
export async function createRequestToken(identity: Identity, request: RequestScope & { readonly now?: Date }): Promise<string> {
  const { kty, crv, x } = identity.signing.ed25519
  const iat = Math.floor((request.now ?? new Date()).getTime() / 1000)
  const claims = {
    iat,
    exp: iat + lifetimeSeconds,
    jti: toBase64url(randomBytes(16)),
    aud: request.audience,
    method: request.method,
    ...(request.body === undefined ? {} : { body: digestId(request.body) }),
  }
  try {
    const key = await importJWK(identity.signing.ed25519, requestTokenAlgorithm)
    return await new CompactSign(canonicalBytes(claims))
      .setProtectedHeader({ alg: requestTokenAlgorithm, typ: tokenType, jwk: { kty, crv, x } })
      .sign(key)
  } catch {
    throw new ReinraumError('invalid-identity', 'the signing key of this identity cannot be read')
  }
}

/**
 * Verifies a request token and says whose key made it; who that is, and what it may do, is for the contract to say. The
 * caller remembers `jti` per key until `expiresAt`, after which the token is refused anyway. Throws `unauthenticated`.
 */
export async function verifyRequestToken(
  token: string,
  request: RequestScope & { readonly now: Date },
): Promise<{ readonly key: Ed25519Jwk; readonly jti: string; readonly expiresAt: Date }> {
  const refuse = (why: string): never => {
    throw new ReinraumError('unauthenticated', `the request token ${why}`)
  }
  const parts = token.length <= maximumTokenLength ? token.split('.') : []
  const [header, payload] = parts
  if (parts.length !== 3 || header === undefined || payload === undefined) return refuse('is not well formed')
  const { jwk } = readPart(headerSchema, header) ?? refuse('has a header that is not well formed')
  const claims = readPart(claimsSchema, payload) ?? refuse('has claims that are not well formed')
  try {
    await compactVerify(token, await importJWK(jwk, requestTokenAlgorithm), { algorithms: [requestTokenAlgorithm] })
  } catch {
    return refuse('has an invalid signature')
  }
  const now = request.now.getTime() / 1000
  if (!Number.isFinite(now)) return refuse('cannot be checked without a time')
  if (claims.exp <= claims.iat || claims.exp - claims.iat > lifetimeSeconds) return refuse('is valid for too long')
  if (now < claims.iat - toleranceSeconds) return refuse('is from the future')
  if (now >= claims.exp + toleranceSeconds) return refuse('has expired')
  if (claims.aud !== request.audience) return refuse('is for another service')
  if (claims.method !== request.method) return refuse('is for another method')
  const body = request.body === undefined ? undefined : digestId(request.body)
  if (claims.body !== body) return refuse('is for another request')
  return { key: jwk, jti: claims.jti, expiresAt: new Date((claims.exp + toleranceSeconds) * 1000) }
}

function readPart<T>(schema: z.ZodType<T>, part: string): T | undefined {
  try {
    return schema.parse(parseStrictJson(fromBase64url(part), { maxBytes: maximumTokenLength }))
  } catch {
    return undefined
  }
}
