import type { RootKey, RootKeyKind } from './root-key.ts'

/** Contributions that are there and that are needed; 0 of 0 where a key opens without anybody. */
export interface UnsealProgress {
  readonly have: number
  readonly need: number
}

/** How a key service comes by its root key; one implementation for each kind. It holds no root key itself. */
export interface RootKeySource {
  readonly kind: RootKeyKind
  /** A sentence for the log at each start, when the kind has a weakness that its operator must know. */
  readonly warning?: string
  /**
   * Makes the root key, at the very first start of a store only.
   * @throws ReinraumError
   */
  create(): Promise<RootKey>
  /**
   * Opens the root key without anybody's help; undefined where people have to contribute.
   * @throws ReinraumError `not-found` when the key of an existing store is missing
   */
  open(): Promise<RootKey | undefined>
  progress(): UnsealProgress
  /**
   * Takes one contribution and overwrites it. Gives the root key when it was the last one needed.
   * @param by Ed25519 public key (base64url) that signed the request
   * @throws ReinraumError `permission-denied` for somebody who has nothing to contribute, `share-invalid`
   */
  contribute(by: string, secret: Uint8Array): Promise<RootKey | undefined>
  /** Overwrites contributions that did not suffice yet. */
  forget(): void
  /** The share of one holder, JSON of a sealed object; undefined where there is none. */
  shareOf(by: string): Promise<Uint8Array | undefined>
}
