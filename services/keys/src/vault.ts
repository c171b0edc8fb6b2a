import type { Attester } from '@reinraum/attestation'
import type { HpkeSuite } from '@reinraum/crypto'
import type { Log, Store } from '@reinraum/kit'
import type { Clock } from './clock.ts'
import type { Directory } from './directory.ts'
import type { Quotas } from './quotas.ts'
import type { RootKey } from './root-key/root-key.ts'
import type { ServiceIdentity } from './service-identity.ts'
import type { KeysDatabase } from './store.ts'

/** What a key service has whether it is sealed or not: nothing of it opens a key. */
export interface Site {
  /** the id under which contracts name this service */
  readonly id: string
  readonly custody: 'owner' | 'attested'
  /** owner custody: the member that runs the service */
  readonly operator: string | null
  /** the HPKE suite that its own keys must be of; null for whichever they are */
  readonly identitySuite: HpkeSuite | null
  /** Ed25519 public keys (base64url) of those who may seal, back up and restore */
  readonly administrators: readonly string[]
  /** ms that an owner has to take the order back to destroy a key */
  readonly minimumDestructionDelayMs: number
  /** null under owner custody */
  readonly attester: Attester | null
  /** what governance holds; nothing of it is believed unverified */
  readonly directory: Directory
  readonly store: Store<KeysDatabase>
  /** A path inside the service's own folder. */
  readonly dataPath: (name: string) => string
  readonly log: Log
  readonly quotas: Quotas
  /** how long an identity of an executor is valid at most, in ms */
  readonly identityLifetimeMs: number
  /** the service's own clock; no request carries one */
  readonly clock: Clock
  /** the time on it */
  readonly now: () => Date
}

/** Everything that a key service holds while it is unsealed; passed to each RPC. */
export interface Vault extends Site {
  readonly root: RootKey
  readonly identity: ServiceIdentity
}
