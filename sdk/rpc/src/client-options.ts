import type { ServiceId } from './caller.ts'
import type { TlsIdentity, TlsTrust } from './tls-floor.ts'

export interface RpcClientOptions {
  /** host:port */
  readonly address: string
  readonly tls: TlsTrust | TlsIdentity
  /** Name to find in the server's certificate instead of the address's host. */
  readonly serverName?: string
  /** Service that the server's certificate must name (SPIFFE); its host name is then not looked at. */
  readonly serverId?: ServiceId
  /** Signs a request token; `body` is the serialised request of a call that has exactly one. */
  readonly token?: (method: string, body?: Uint8Array) => Promise<string>
  /** ms for a unary call, 30000 unless told; streams have no deadline of their own unless told at the call */
  readonly timeoutMs?: number
}

export interface CallOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}
