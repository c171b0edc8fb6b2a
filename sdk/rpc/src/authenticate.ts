import type { ServerUnaryCall } from '@grpc/grpc-js'
import { ReinraumError } from '@reinraum/crypto'
import { verifyRequestToken } from '@reinraum/statements'
import { type Caller, serviceOf } from './caller.ts'
import { maxTokenLength } from './limits.ts'
import { createReplayCache } from './replay-cache.ts'

/** The part of a grpc-js call that says who calls. */
export type IncomingCall = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getAuthContext'>

export interface Request {
  readonly method: string
  /** the serialised request of a call that has exactly one; streams are covered by their method only */
  readonly body?: Uint8Array
}

export type Authenticate = (call: IncomingCall, request: Request) => Promise<Caller>

/** Services port: the TLS layer has verified the certificate against our CA; its URI name is the caller. */
export const byCertificate: Authenticate = async (call) => {
  const certificate = call.getAuthContext().sslPeerCertificate
  return { kind: 'service', id: serviceOf(certificate) }
}

/** Parties port: a token that the party signed for this request, usable once. */
export function byRequestToken(options: {
  readonly audience: string
  readonly anonymous: (method: string) => boolean
  readonly maxRememberedTokens: number
  readonly now: () => Date
}): Authenticate {
  const seen = createReplayCache(options.maxRememberedTokens)
  return async (call, { method, body }) => {
    const headers = call.metadata.get('authorization')
    if (headers.length === 0 && options.anonymous(method)) return { kind: 'anonymous' }
    const now = options.now()
    const { key, jti, expiresAt } = await verifyRequestToken(tokenFrom(headers), {
      audience: options.audience,
      method,
      now,
      ...(body === undefined ? {} : { body }),
    })
    seen.admit(`${key.x}.${jti}`, expiresAt, now)
    return { kind: 'party', key }
  }
}

function tokenFrom(headers: readonly (string | Buffer)[]): string {
  const [header] = headers
  if (headers.length !== 1 || typeof header !== 'string') {
    throw new ReinraumError('unauthenticated', 'a signed request token is required')
  }
  const token = /^Reinraum ([A-Za-z0-9_.-]+)$/.exec(header.slice(0, maxTokenLength + 1))?.[1]
  if (token === undefined || header.length > maxTokenLength) {
    throw new ReinraumError('unauthenticated', 'the authorization header is not a request token')
  }
  return token
}
