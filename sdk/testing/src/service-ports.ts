import type { DescService } from '@bufbuild/protobuf'
import type { Authority } from '@reinraum/pki'
import { type Client, createRpcClient, createRpcServer, type RpcServerOptions } from '@reinraum/rpc'
import { createRequestToken, type Identity } from '@reinraum/statements'

type Port<A> = Pick<Extract<RpcServerOptions, { audience: A }>, 'services' | 'allow'>

export interface ServicePorts<P extends DescService, S extends DescService> {
  readonly addresses: { readonly parties: string; readonly services: string }
  /** A client of the parties port that signs its requests; a party has one. */
  party(identity: Identity): Client<P>
  /** A client of another service of the parties port. */
  partyOf<D extends DescService>(service: D, identity: Identity): Client<D>
  /** A client of the services port with the certificate of the service of this id, which has one. */
  service(id: string): Client<S>
  /** A client of another service of the services port. */
  serviceOf<D extends DescService>(service: D, id: string): Client<D>
  /** Closes the clients and both ports. */
  stop(): Promise<void>
}

/** The two ports of a service in this process, with all that lies between it and its callers: TLS, tokens, validation. */
export async function openServicePorts<P extends DescService, S extends DescService>(options: {
  /** the service's id, e.g. `keys/shared` */
  readonly id: string
  readonly authority: Authority
  readonly ports: { readonly parties: Port<'parties'>; readonly services: Port<'services'> }
  /** what parties and what services call */
  readonly called: { readonly parties: P; readonly services: S }
}): Promise<ServicePorts<P, S>> {
  const { id, authority, ports, called } = options
  const tls = authority.issue(`spiffe://reinraum/${id}`, '127.0.0.1')
  const common = { address: '127.0.0.1:0', tls, name: id, graceMs: 100 }
  const parties = await createRpcServer({ ...common, ...ports.parties, audience: 'parties' })
  const services = await createRpcServer({ ...common, ...ports.services, audience: 'services' })
  const addresses = { parties: `127.0.0.1:${parties.port}`, services: `127.0.0.1:${services.port}` }
  const partyClients = new Map<Identity, Client<P> & { close(): void }>()
  const serviceClients = new Map<string, Client<S> & { close(): void }>()
  const others: { close(): void }[] = []
  const dial = <D extends DescService>(service: D, identity: Identity): Client<D> =>
    createRpcClient(service, {
      address: addresses.parties,
      tls: { ca: authority.ca },
      serverId: id,
      token: (method, body) => createRequestToken(identity, { audience: id, method, body }),
    })
  const connectService = <D extends DescService>(service: D, caller: string): Client<D> =>
    createRpcClient(service, {
      address: addresses.services,
      tls: authority.issue(`spiffe://reinraum/${caller}`),
      serverId: id,
    })
  return {
    addresses,
    party: (identity) => keptIn(partyClients, identity, (who) => dial(called.parties, who)),
    partyOf(service, identity) {
      const client = dial(service, identity)
      others.push(client)
      return client
    },
    service: (caller) => keptIn(serviceClients, caller, (id) => connectService(called.services, id)),
    serviceOf(service, caller) {
      const client = connectService(service, caller)
      others.push(client)
      return client
    },
    async stop() {
      for (const client of [...partyClients.values(), ...serviceClients.values(), ...others]) client.close()
      await Promise.all([parties.stop(), services.stop()])
    },
  }
}

function keptIn<K, V>(kept: Map<K, V>, key: K, make: (key: K) => V): V {
  const value = kept.get(key) ?? make(key)
  kept.set(key, value)
  return value
}
