import type { ServerUnaryCall } from '@grpc/grpc-js'
import { ReinraumError } from '@reinraum/crypto'
import { verifyRequestToken } from '@reinraum/statements'
import { type Caller, serviceOf } from './caller.ts'
import { maxTokenLength } from './limits.ts'
import { addressGroup } from './peer-address.ts'
import { precheckToken } from './precheck-token.ts'
import { createReplayCache } from './replay-cache.ts'

/** The part of a grpc-js call that says who calls. */
export type IncomingCall = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getAuthContext' | 'getPeer'>

export interface Request {
  readonly method: string
  /** the serialised request of a call that has exactly one; streams are covered by their method only */
  readonly body?: Uint8Array
}

/** Says who calls, in two steps: a message is read into memory only for a caller that the first one lets through. */
export interface Authenticator {
  /** @throws ReinraumError `unauthenticated` */
  identify(call: Omit<IncomingCall, 'getPeer'>, method: string): Caller
  /**
   * Holds the message against what the caller signed, once it is there.
   * @throws ReinraumError `unauthenticated`, or `resource-exhausted` when no more tokens can be remembered
   */
  confirm(caller: Caller, call: IncomingCall, request: Request): Promise<void>
}

/** Services port: the TLS layer has verified the certificate against our CA; its URI name is the caller. */
export const byCertificate: Authenticator = {
  identify: (call) => ({ kind: 'service', id: serviceOf(call.getAuthContext().sslPeerCertificate) }),
  confirm: async () => undefined,
}

/** Parties port: a token that the party signed for this request, usable once. */
export function byRequestToken(options: {
  readonly audience: string
  readonly anonymous: (method: string) => boolean
  readonly maxRememberedTokens: number
  readonly now: () => Date
}): Authenticator {
  const { audience } = options
  const seen = createReplayCache(options.maxRememberedTokens)
  return {
    identify(call, method) {
      const headers = call.metadata.get('authorization')
      if (headers.length === 0 && options.anonymous(method)) return { kind: 'anonymous' }
      return { kind: 'party', key: precheckToken(tokenFrom(headers), { audience, method, now: options.now() }) }
    },
    async confirm(caller, call, { method, body }) {
      if (caller.kind === 'anonymous') return
      const now = options.now()
      const { key, jti, expiresAt } = await verifyRequestToken(tokenFrom(call.metadata.get('authorization')), {
        audience,
        method,
        now,
        ...(body === undefined ? {} : { body }),
      })
      if (caller.kind !== 'party' || caller.key.x !== key.x) {
        throw new ReinraumError('unauthenticated', 'the request token is of another key than before')
      }
      seen.admit(`${key.x}.${jti}`, expiresAt, now, addressGroup(call.getPeer()))
    },
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
