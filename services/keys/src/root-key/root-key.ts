export type RootKeyKind = 'file' | 'pkcs11' | 'shares' | 'tee'

/** Somebody who holds a share. */
export interface Holder {
  /** Ed25519 public key, base64url */
  readonly key: string
  /** of all public keys */
  readonly fingerprint: string
}

/** Among whom a root key is shared, and how many of them open it. */
export interface People {
  readonly threshold: number
  readonly holders: readonly Holder[]
}

/**
 * L0: the key under which everything else of a key service is wrapped. A PKCS#11 token, unseal shares and a TEE-derived key
 * fit behind the same two operations, so the key itself need not be readable by this process.
 */
export interface RootKey {
  /** where the key lives, for the log at each start */
  readonly kind: RootKeyKind
  /** of one in the hands of people: who they are, as the key itself authenticates them, and whether this is the key */
  readonly shared?: { readonly people: People; readonly isKey: (key: Uint8Array) => boolean }
  /** AES-256-KWP (RFC 5649). */
  wrap(key: Uint8Array): Promise<Uint8Array>
  /**
   * @throws ReinraumError `decryption-failed` when the bytes were wrapped by another key or altered, `unavailable` when the key
   *   cannot be reached any more: its service then seals itself
   */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>
  /** Overwrites what this process holds of the key. */
  close(): void
}
