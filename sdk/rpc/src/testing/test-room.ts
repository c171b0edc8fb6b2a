import type { DescService } from '@bufbuild/protobuf'
import { createAuthority } from '@reinraum/pki'
import { createIdentity, createRequestToken, type Identity } from '@reinraum/statements'
import { onTestFinished } from 'vitest'
import { type Client, createRpcClient } from '../client.ts'
import type { RpcClientOptions } from '../client-options.ts'
import type { Implementation } from '../implementation.ts'
import { createRpcServer, type RpcServer, type RpcServerOptions } from '../server.ts'

type PartiesOptions = Extract<RpcServerOptions, { audience: 'parties' }>
type ServicesOptions = Extract<RpcServerOptions, { audience: 'services' }>

/** Vouches for both ends of all the tests of a file. */
export const testAuthority = createAuthority()

export async function startParties(services: Implementation[], options: Partial<PartiesOptions> = {}): Promise<RpcServer> {
  const tls = testAuthority.issue('127.0.0.1', 'spiffe://reinraum/governance')
  const server = await createRpcServer({
    address: '127.0.0.1:0',
    tls,
    name: 'governance',
    graceMs: 200,
    ...options,
    services,
    audience: 'parties',
  })
  onTestFinished(() => server.stop())
  return server
}

export async function startServices(services: Implementation[], options: Partial<ServicesOptions> = {}): Promise<RpcServer> {
  const tls = testAuthority.issue('127.0.0.1', 'spiffe://reinraum/governance')
  const allow = options.allow ?? (() => true)
  const server = await createRpcServer({
    address: '127.0.0.1:0',
    tls,
    name: 'governance',
    graceMs: 200,
    ...options,
    allow,
    services,
    audience: 'services',
  })
  onTestFinished(() => server.stop())
  return server
}

/** A client that signs a token for each request. */
export async function partyClient<S extends DescService>(
  service: S,
  port: number,
  options: Partial<RpcClientOptions> & { readonly identity?: Identity } = {},
): Promise<Client<S>> {
  const identity = options.identity ?? (await createIdentity())
  const { ca } = testAuthority
  const token = (method: string, body?: Uint8Array) => createRequestToken(identity, { audience: 'governance', method, body })
  return opened(createRpcClient(service, { address: `127.0.0.1:${port}`, tls: { ca }, token, ...options }))
}

/** A client with a service's certificate. */
export async function serviceClient<S extends DescService>(
  service: S,
  port: number,
  names: readonly string[] = ['spiffe://reinraum/executor'],
  options: Partial<RpcClientOptions> = {},
): Promise<Client<S>> {
  const tls = testAuthority.issue(...names)
  return opened(createRpcClient(service, { address: `127.0.0.1:${port}`, tls, ...options }))
}

function opened<C extends { close(): void }>(client: C): C {
  onTestFinished(() => client.close())
  return client
}

/** An id of the form that requests demand. */
export const someId = `sha256:${'a'.repeat(64)}`
