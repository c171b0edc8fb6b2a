import type { ObjectsConfig } from '@reinraum/kit'

/**
 * The configuration file of each service as `deploy/local` writes it: one JSON document per process, read with the
 * service's own zod schema. These types are the agreement between the two; paths are absolute, addresses are `host:port`.
 */

/** What every service is given (kit's `serviceConfigShape`). */
export type CommonConfig = {
  /** Last path of the SPIFFE URI: 'governance', 'ingestion', 'release', 'keys/<key service>', 'executor'. */
  readonly id: string
  /**
   * Parties come to one port with signed request tokens, services to the other with mutual TLS. The executor has only the
   * second, for its health.
   */
  readonly listen: { readonly parties?: string; readonly services: string }
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string }
  /** `seed` is a file that holds the NKEY seed; `inbox` is the prefix of this service's reply subjects. */
  readonly nats: { readonly servers: string; readonly seed: string; readonly ca: string; readonly inbox: string }
  /** A folder of the service's own: its database and its objects. */
  readonly data: string
  readonly log: { readonly level: string; readonly file?: string }
}

/** Nothing beyond the common part. */
export type GovernanceConfig = CommonConfig
/** `objects`: where ciphertext is kept, a folder inside `data` unless told */
export type IngestionConfig = CommonConfig & { readonly objects?: ObjectsConfig }
export type ReleaseConfig = CommonConfig & { readonly objects?: ObjectsConfig }

/** How a process gets evidence: the simulated platform is a file (`simulatedPlatformSchema`), read where it is used. */
export type AttesterConfig = { readonly kind: 'simulator'; readonly platform: string }

/** Where the root key of a key service comes from; paths are absolute, holders are files of public keys. */
export type RootKeyConfig =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'shares'; readonly threshold: number; readonly holders: readonly string[] }
  | { readonly kind: 'pkcs11'; readonly module: string; readonly token: string; readonly key: string; readonly pin?: string }
  | { readonly kind: 'tee' }

/** One key service; several run beside each other. `attester` is there exactly when the custody is `attested`. */
export type KeysConfig = CommonConfig & {
  readonly keyServiceId: string
  readonly custody: 'owner' | 'attested'
  /** The member who runs it; with custody `owner` the only one whose whole keys it takes. Shares it takes of everyone. */
  readonly operator?: string
  readonly rootKey: RootKeyConfig
  /** where it came from before, for a store that is still to be taken over */
  readonly formerRootKey?: RootKeyConfig
  readonly administrators?: readonly string[]
  readonly attester?: AttesterConfig
  /** Governance's services port (RunDirectoryService): revocations are fetched there. */
  readonly governance: string
}

/** All addresses are services ports. */
export type ExecutorConfig = CommonConfig & {
  readonly attester: AttesterConfig
  readonly governance: string
  readonly ingestion: string
  /** Where ingestion keeps ciphertext, for an executor that reads it there; through ingestion unless told. */
  readonly ciphertext?: ObjectsConfig
  readonly release: string
  readonly keyServices: Readonly<Record<string, string>>
  /** A folder in memory (tmpfs) for the decrypted data of one run. A folder on disk is refused unless `allowDiskScratch`. */
  readonly scratch: string
  readonly allowDiskScratch?: boolean
  /** Development machines and containers may refuse namespaces; the executor then warns instead of refusing to start. */
  readonly allowWeakConfinement?: boolean
  /** Development machines swap to disks that are not encrypted; the executor then warns instead of refusing to start. */
  readonly allowUnencryptedSwap?: boolean
  /** Where queries spill, on an encrypted disk; see the executor's README. */
  readonly spill?: { readonly directory: string; readonly mebibytes: number }
  /** How many runs at once, and what all of them may take of the memory; see the executor's README. */
  readonly runs?: { readonly atOnce?: number; readonly memoryMiB?: number }
  readonly runLimits: {
    readonly memoryMiB: number
    readonly scratchMiB?: number
    readonly runTimeoutMs: number
    readonly resultBytes?: number
    readonly releaseGridMs?: number
  }
}

export type ServiceConfig =
  | { readonly service: 'governance'; readonly config: GovernanceConfig }
  | { readonly service: 'ingestion'; readonly config: IngestionConfig }
  | { readonly service: 'release'; readonly config: ReleaseConfig }
  | { readonly service: 'keys'; readonly config: KeysConfig }
  | { readonly service: 'executor'; readonly config: ExecutorConfig }
