import type { MessageKeys } from './key-schedule.ts'

/** AES-256-GCM over the chunks of one message. Every implementation writes the same bytes. */
export interface ChunkCipher {
  /** Seals chunk `index` into `sealed`, which is exactly one tag longer than `plaintext`. */
  seal(index: number, plaintext: Uint8Array, sealed: Uint8Array): void
  /** Opens chunk `index` into `plaintext`, exactly one tag shorter. False, with `plaintext` untouched, if not authentic. */
  open(index: number, sealed: Uint8Array, plaintext: Uint8Array): boolean
}

/** Takes its own copy of the keys. */
export type ChunkCipherFactory = (keys: MessageKeys) => ChunkCipher
