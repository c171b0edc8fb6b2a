import { createPublicKey, verify } from 'node:crypto'
import { fromBase64url, type JsonValue, parseStrictJson, ReinraumError } from '@reinraum/crypto'
import { type Ed25519Jwk, ed25519JwkSchema } from '@reinraum/statements'
import { maxTokenLength } from './limits.ts'

/** How far two clocks may stand apart, as `verifyRequestToken` has it. */
const toleranceSeconds = 30

/**
 * Whose key signed a request token, said before the request's message is read: the token is well formed, its signature
 * holds, it has not expired, and it is for this service and method. This only ever refuses. Whether the token covers the
 * message, and is used for the first time, needs the message: `verifyRequestToken` decides then, on everything again.
 * @throws ReinraumError `unauthenticated`
 */
export function precheckToken(
  token: string,
  { audience, method, now }: { readonly audience: string; readonly method: string; readonly now: Date },
): Ed25519Jwk {
  const refuse = (why: string): never => {
    throw new ReinraumError('unauthenticated', `the request token ${why}`)
  }
  const [header, payload, signature, ...rest] = token.split('.')
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    return refuse('is not well formed')
  }
  const key = ed25519JwkSchema.safeParse(partOf(header)?.jwk)
  if (!key.success) return refuse('has a header that is not well formed')
  const claims = partOf(payload)
  // Cheap checks first: a stale or misdirected token costs no signature.
  if (typeof claims?.exp !== 'number' || now.getTime() / 1000 >= claims.exp + toleranceSeconds) return refuse('has expired')
  if (claims.aud !== audience) return refuse('is for another service')
  if (claims.method !== method) return refuse('is for another method')
  if (!isSigned(`${header}.${payload}`, signature, key.data)) return refuse('has an invalid signature')
  return key.data
}

function isSigned(text: string, signature: string, key: Ed25519Jwk): boolean {
  try {
    return verify(null, Buffer.from(text), createPublicKey({ key, format: 'jwk' }), fromBase64url(signature))
  } catch {
    return false
  }
}

function partOf(part: string): Readonly<Record<string, JsonValue>> | undefined {
  try {
    const value = parseStrictJson(fromBase64url(part), { maxBytes: maxTokenLength })
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, JsonValue>>)
      : undefined
  } catch {
    return undefined
  }
}
