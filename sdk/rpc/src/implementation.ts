import type { DescMessage, DescMethod, DescService, Message, MessageInitShape } from '@bufbuild/protobuf'
import type { Handlers, RpcContext } from './handlers.ts'

/** What a message of any type is made from. */
export type AnyInit = MessageInitShape<DescMessage>

/** A method with its handler, its types erased: the server treats every method alike. */
export type AnyMethod =
  | {
      readonly kind: 'unary'
      readonly method: DescMethod
      readonly handle: (request: Message, context: RpcContext) => Promise<AnyInit>
    }
  | {
      readonly kind: 'server_streaming'
      readonly method: DescMethod
      readonly handle: (request: Message, context: RpcContext) => AsyncIterable<AnyInit>
    }
  | {
      readonly kind: 'client_streaming'
      readonly method: DescMethod
      readonly handle: (requests: AsyncIterable<Message>, context: RpcContext) => Promise<AnyInit>
    }
  | {
      readonly kind: 'bidi_streaming'
      readonly method: DescMethod
      readonly handle: (requests: AsyncIterable<Message>, context: RpcContext) => AsyncIterable<AnyInit>
    }

export interface Implementation {
  readonly service: DescService
  readonly methods: readonly AnyMethod[]
}

/** Binds a service's descriptor to the functions that answer it. Every method needs one. */
export function implement<S extends DescService>(service: S, handlers: Handlers<S>): Implementation {
  const methods = service.methods.map((method) => {
    const handle = (handlers as Readonly<Record<string, unknown>>)[method.localName]
    if (typeof handle !== 'function') throw new TypeError(`${service.typeName}.${method.name} has no handler`)
    // The mapped type above has checked each handler against its method; a list of them cannot say so.
    return { kind: method.methodKind, method, handle: handle.bind(handlers) } as AnyMethod
  })
  return { service, methods }
}
