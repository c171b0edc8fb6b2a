import type { JsonValue } from '@reinraum/crypto'
import type { Transaction } from '@reinraum/kit'
import type { KeysDatabase } from '../store.ts'
import type { People, RootKey, RootKeyKind } from './root-key.ts'

/** Contributions that are there and that are needed; 0 of 0 where a key opens without anybody. */
export interface UnsealProgress {
  readonly have: number
  readonly need: number
}

/** A root key that nothing is wrapped under yet. */
export interface NewRootKey extends RootKey {
  /** Writes what its source has to find again, in the transaction from which on the store is under this key. */
  readonly record?: (trx: Transaction<KeysDatabase>) => Promise<void>
}

/** Where the root key of a store comes from, and where it came from before, until the store is wrapped anew. */
export interface RootKeySources {
  readonly configured: RootKeySource
  readonly former: RootKeySource | undefined
}

/** How a key service comes by its root key; one implementation for each kind. It holds no root key itself. */
export interface RootKeySource {
  readonly kind: RootKeyKind
  /** A sentence for the log at each start, when the kind has a weakness that its operator must know. */
  readonly warning?: string
  /** Whether `create` makes another key each time, so that a store can go from one key of this source to the next. */
  readonly renews?: boolean
  /**
   * Makes the root key: at the very first start of a store, or when a store goes over to it. Undefined where somebody has to
   * contribute first.
   */
  create(): Promise<NewRootKey | undefined>
  /**
   * Opens the root key without anybody's help; undefined where people have to contribute.
   * @throws ReinraumError `not-found` when the key of an existing store is missing
   */
  open(): Promise<RootKey | undefined>
  progress(): Promise<UnsealProgress>
  /**
   * Takes one contribution and overwrites it. Gives the root key when it was the last one needed.
   * @param by Ed25519 public key (base64url) that signed the request
   * @throws ReinraumError `permission-denied` for somebody who has nothing to contribute, `share-invalid`
   */
  contribute(by: string, secret: Uint8Array): Promise<RootKey | undefined>
  /** Among whom the configuration would share a root key. */
  readonly planned?: People
  /** Who opens the store, as it says itself; what a root key that is open says of them counts more. */
  people?(): Promise<People | undefined>
  /** Whether this is the share that the holder was given. */
  isShareOf?(by: string, share: Uint8Array): Promise<boolean>
  /** Overwrites contributions that did not suffice yet. */
  forget(): void
  /** The share of one holder, JSON of a sealed object; undefined where there is none. */
  shareOf(by: string): Promise<Uint8Array | undefined>
  /** What has to lie beside a backup in the clear, so that people can put the root key together elsewhere. */
  recovery?(): Promise<JsonValue>
  /**
   * Takes over what `recovery` gave on the machine that was lost, into a store that holds no keys yet.
   * @throws ReinraumError `unreadable-input`
   */
  adopt?(trx: Transaction<KeysDatabase>, recovery: JsonValue): Promise<void>
}
