/** A range of a committed object. */
export interface Range {
  readonly offset: number
  /** to the end unless told */
  readonly length?: number
}

export interface StoredObject {
  readonly length: number
}

/** Committed objects, for whoever only reads. */
export interface ObjectReader {
  /** A committed object, or nothing. */
  stat(objectId: string): Promise<StoredObject | undefined>
  /** @throws ReinraumError `not-found`; `invalid-argument` when the range is not inside the object */
  read(objectId: string, range?: Range, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<Uint8Array>
}

/**
 * Where ciphertext lies. Objects are named by the SHA-256 of their content, parts (unfinished uploads) by whatever they
 * belong to; both names have the form `sha256:<64 hex>`. A folder implements it, and S3.
 */
export interface ObjectStore extends ObjectReader {
  /** Bytes of a part so far, 0 when there is none. */
  partLength(partId: string): Promise<number>
  /**
   * Appends at exactly the part's end and returns the new length; then the bytes are the caller's again. What was written survives
   * a power loss when it returns, unless `sync: false` leaves that to a later `sync`.
   * @throws ReinraumError `offset-mismatch`, `storage-full`
   */
  append(partId: string, offset: number, bytes: Uint8Array, options?: { readonly sync?: boolean }): Promise<number>
  /** Makes what was appended survive a power loss. */
  sync(partId: string): Promise<void>
  /** Cuts a part back, for instance to what was acknowledged before a crash. Never makes it longer. */
  truncate(partId: string, length: number): Promise<void>
  /** Drops a part; nothing happens when there is none. */
  discard(partId: string): Promise<void>
  /**
   * Makes a part readable as the object that its content is. Atomic and durable; repeating it changes nothing.
   * @throws ReinraumError `ciphertext-mismatch` when length or hash differ, `not-found`
   */
  commit(partId: string, objectId: string, length: number): Promise<void>
  /** Removes a committed object; nothing happens when there is none. */
  remove(objectId: string): Promise<void>
}
