import type { MessageKeys } from './key-schedule.ts'

/** AES-256-GCM over the chunks of one message. Every implementation writes the same bytes. */
export interface ChunkCipher {
  /** Seals chunk `index` into `sealed`, which is exactly one tag longer than `plaintext`. */
  seal(index: number, plaintext: Uint8Array, sealed: Uint8Array): void
  /** Opens chunk `index` into `plaintext`, exactly one tag shorter. False, with `plaintext` untouched, if not authentic. */
  open(index: number, sealed: Uint8Array, plaintext: Uint8Array): boolean
  /** Opens chunk `index` in memory of its own, which saves a copy. Undefined if not authentic. Hand it to `free` after use. */
  openNew(index: number, sealed: Uint8Array): Uint8Array | undefined
  /** Gives the memory back at once. */
  free(opened: Uint8Array): void
}

/** Takes its own copy of the keys. */
export type ChunkCipherFactory = (keys: MessageKeys) => ChunkCipher
