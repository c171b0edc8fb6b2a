import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type { Caller } from './caller.ts'

export interface RpcContext {
  readonly caller: Caller
  /** Aborted when the caller goes, its deadline passes or the server stops. */
  readonly signal: AbortSignal
  /** `/package.Service/Method` */
  readonly method: string
}

/**
 * The function that answers one RPC, by the method's kind. The end of a request stream proves nothing: a client that
 * cancels may end it first (Node's http2 does), so what must be whole carries its length or hash.
 */
export type Handler<M extends DescMethod> = M extends {
  readonly methodKind: infer Kind
  readonly input: infer I extends DescMessage
  readonly output: infer O extends DescMessage
}
  ? Kind extends 'unary'
    ? (request: MessageShape<I>, context: RpcContext) => Promise<MessageInitShape<O>>
    : Kind extends 'server_streaming'
      ? (request: MessageShape<I>, context: RpcContext) => AsyncIterable<MessageInitShape<O>>
      : Kind extends 'client_streaming'
        ? (requests: AsyncIterable<MessageShape<I>>, context: RpcContext) => Promise<MessageInitShape<O>>
        : (requests: AsyncIterable<MessageShape<I>>, context: RpcContext) => AsyncIterable<MessageInitShape<O>>
  : never

export type Handlers<S extends DescService> = { readonly [K in keyof S['method']]: Handler<S['method'][K]> }
