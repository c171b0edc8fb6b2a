import type { DescService } from '@bufbuild/protobuf'
import { ReinraumError } from '@reinraum/crypto'
import { GovernanceService, IngestionService, KeysService, ReleaseService } from '@reinraum/proto'
import { type Client, createRpcClient } from '@reinraum/rpc'
import { createRequestToken, type Identity, type PublicKeys, publicKeysOf, type Signer, signerOf } from '@reinraum/statements'
import type { FloorsKeeper } from './floors.ts'
import { patient } from './patient.ts'
import type { Room } from './room.ts'

/** One party's connections to a room. Requests carry short-lived tokens signed with the party's identity. */
export interface Session {
  readonly room: Room
  readonly identity: Identity
  readonly keys: PublicKeys
  readonly signer: Signer
  readonly governance: Client<typeof GovernanceService>
  readonly ingestion: Client<typeof IngestionService>
  readonly release: Client<typeof ReleaseService>
  /** @throws ReinraumError `not-found` when the room names no such key service */
  keyService(id: string): Client<typeof KeysService>
  /** Another gRPC service that key services answer to parties. @throws ReinraumError `not-found` as above */
  ofKeyService<S extends DescService>(service: S, id: string): Client<S>
  /** The party's clock. */
  now(): Date
  /** What evidence must not be older than; without one, an older list passes while it is in force. */
  readonly floors?: FloorsKeeper
  close(): void
}

export interface ConnectOptions {
  readonly room: Room
  readonly identity: Identity
  readonly now?: () => Date
  /** see `openFloorsFile` */
  readonly floors?: FloorsKeeper
}

/**
 * Opens no connection yet: each service is dialled at its first call. What only reads waits some seconds for
 * a service that restarts.
 */
export function connect({ room, identity, now = () => new Date(), floors }: ConnectOptions): Session {
  const tls = { ca: Buffer.from(room.ca, 'utf8') }
  const opened: { close(): void }[] = []
  const optionsFor = (audience: string, address: string) => ({
    serverId: audience,
    address,
    tls,
    token: (method: string, body?: Uint8Array) =>
      createRequestToken(identity, { audience, method, now: now(), ...(body === undefined ? {} : { body }) }),
  })
  const open = <S extends DescService>(service: S, audience: string, address: string): Client<S> => {
    const client = createRpcClient(service, optionsFor(audience, address))
    opened.push(client)
    return patient(service, client, audience)
  }
  const keyServices = new Map<string, unknown>()
  const ofKeyService = <S extends DescService>(service: S, id: string): Client<S> => {
    const place = `${service.typeName} ${id}`
    const address = room.keyServices[id]
    if (address === undefined) throw new ReinraumError('not-found', `the room file names no address for key service ${id}`)
    // Opened below for the service of that name.
    const client = (keyServices.get(place) as Client<S> | undefined) ?? open(service, `keys/${id}`, address)
    keyServices.set(place, client)
    return client
  }
  return {
    room,
    identity,
    keys: publicKeysOf(identity),
    signer: signerOf(identity),
    governance: open(GovernanceService, 'governance', room.governance),
    ingestion: open(IngestionService, 'ingestion', room.ingestion),
    release: open(ReleaseService, 'release', room.release),
    keyService: (id) => ofKeyService(KeysService, id),
    ofKeyService,
    now,
    ...(floors === undefined ? {} : { floors }),
    close() {
      for (const client of opened) client.close()
    },
  }
}
