import type { NatsConnection } from '@nats-io/transport-node'
import type { Evidence, ReferenceValues } from '@reinraum/attestation'
import type { Room } from '@reinraum/client'
import type { TlsFiles } from './pki.ts'
import type { SupervisedProcess } from './supervised-process.ts'

/** A running room on this machine: NATS, the services, and what a contract and a test want to know of them. */
export interface LocalRoom {
  readonly directory: string
  /** JSON file of `room`, for the CLI's `--room` */
  readonly roomFile: string
  readonly room: Room
  /** `nats`, `governance`, `ingestion`, `release`, `keys/<id>`, `executor`, `executor/2` … */
  readonly services: ReadonlyMap<string, SupervisedProcess>
  readonly platform: {
    readonly tee: Evidence['tee']
    readonly file: string
    /** hex; names the simulated root in a contract */
    readonly rootSha256: string
    /** hex; of the executor's code and of the key service's */
    readonly measurements: { readonly executor: string; readonly keys: string }
  }
  /** What a contract names, so that this room's executors and attested key services are acceptable: SIMULATED hardware. */
  referenceValues(): { readonly executor: ReferenceValues; readonly keys: ReferenceValues }
  /** Ends a process at once (-9). */
  kill(name: string): Promise<void>
  /** Starts a process again, stopping it in order first if it runs; resolves when it is ready. */
  restart(name: string): Promise<void>
  /** Whether a process says that it serves this gRPC service of its own. */
  serves(name: string, grpcService: string): Promise<boolean>
  /** Stops everything in order and gives the folder free for the next. */
  stop(): Promise<void>
  /** A NATS connection that may do everything; only in a room started with `natsAdmin`. The caller closes it. */
  natsAdmin(): Promise<NatsConnection>
  /** A NATS connection with the credential of a service. The caller closes it. */
  natsAs(name: string): Promise<NatsConnection>
  /** A certificate that names `spiffe://reinraum/<id>`, for calling services ports. */
  certificateFor(id: string): Promise<TlsFiles>
}
