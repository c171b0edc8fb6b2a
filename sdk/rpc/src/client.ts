import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { type ChannelCredentials, credentials, Client as GrpcClient } from '@grpc/grpc-js'
import { callMethod } from './call-method.ts'
import { type ServiceId, serviceOf } from './caller.ts'
import type { CallOptions, RpcClientOptions } from './client-options.ts'
import { defaultLimits, flowControlWindow } from './limits.ts'
import './tls-floor.ts'

/**
 * A message of a stream, or its bytes where the sender has encoded it: large data is then not copied on the way, and once the
 * next message is asked for, those bytes are the sender's again.
 */
type Outgoing<I extends DescMessage> = MessageInitShape<I> | Uint8Array

type ClientMethod<M extends DescMethod> = M extends {
  readonly methodKind: infer Kind
  readonly input: infer I extends DescMessage
  readonly output: infer O extends DescMessage
}
  ? Kind extends 'unary'
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : Kind extends 'server_streaming'
      ? (request: MessageInitShape<I>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
      : Kind extends 'client_streaming'
        ? (requests: AsyncIterable<Outgoing<I>>, options?: CallOptions) => Promise<MessageShape<O>>
        : (requests: AsyncIterable<Outgoing<I>>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
  : never

export type Client<S extends DescService> = { readonly [K in keyof S['method']]: ClientMethod<S['method'][K]> } & {
  close(): void
}

/** A typed client. It dials at the first call and again after a connection is lost; errors are `ReinraumError`s. */
export function createRpcClient<S extends DescService>(service: S, options: RpcClientOptions): Client<S> {
  const channel = new GrpcClient(options.address, credentialsOf(options), {
    'grpc.max_receive_message_length': defaultLimits.maxMessageBytes,
    'grpc.max_send_message_length': defaultLimits.maxMessageBytes,
    'grpc-node.flow_control_window': flowControlWindow,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2000,
    // Retries are the caller's decision; a proxy from the environment would see who talks to whom.
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.ssl_target_name_override': serverNameIndication(options),
  })
  const methods = service.methods.map((method) => [method.localName, callMethod(channel, method, options)])
  // The mapped type says per method what the loop above made of its descriptor.
  return { ...Object.fromEntries(methods), close: () => channel.close() } as Client<S>
}

function credentialsOf({ tls, address, serverName, serverId }: RpcClientOptions): ChannelCredentials {
  const [key, cert] = 'key' in tls ? [tls.key, tls.cert] : [null, null]
  const expectedName = serverName ?? hostOf(address)
  return credentials.createSsl(tls.ca, key, cert, {
    checkServerIdentity: (_host, certificate) =>
      serverId === undefined ? checkServerIdentity(expectedName, certificate) : checkServiceIdentity(serverId, certificate),
  })
}

/** X509-SVID §5.2: the URI name decides, whatever the host. */
function checkServiceIdentity(serverId: ServiceId, certificate: PeerCertificate): Error | undefined {
  try {
    return serviceOf(certificate) === serverId ? undefined : new Error('the server is another service')
  } catch (error) {
    return error instanceof Error ? error : new Error('the server names no service')
  }
}

/** What the client asks for in the handshake. RFC 6066 §3 knows no addresses there, and Node warns about them. */
function serverNameIndication({ address, serverName }: RpcClientOptions): string {
  const name = serverName ?? hostOf(address)
  return isIP(name) === 0 ? name : 'reinraum.invalid'
}

function hostOf(address: string): string {
  return address.replace(/:[0-9]+$/, '').replace(/^\[|\]$/g, '')
}
