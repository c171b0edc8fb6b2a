/** Which part of an event's data its digest is of. */
export type DigestRule =
  /** all of it */
  | 'event-data'
  /** the variable's value: its name and its vendor stand beside it, unproven */
  | 'variable-data'
  /** the text behind GRUB's prefix: that it was run, or given to a kernel, is unproven */
  | 'grub-string'
  /** what td-shim copied into the log: the name before it is unproven */
  | 'td-shim-info'
  /** the section's name as systemd measures it, in ASCII where the log has UTF-16 */
  | 'section-name'

export interface Preimage {
  readonly rule: DigestRule
  readonly bytes: Uint8Array
}

/** What an event of some type may be a digest of. */
export interface DigestReading {
  readonly preimages: readonly Preimage[]
  /** whether it may also be of something that is not in the log, which nobody can recompute from it */
  readonly opaque: boolean
}

export function ofData(data: Uint8Array): DigestReading {
  return { preimages: [{ rule: 'event-data', bytes: data }], opaque: false }
}

/** The log only points to what was measured: an image, a table, a file. */
export function ofSomethingElse(): DigestReading {
  return { preimages: [], opaque: true }
}
