import type { ErrorCode, MessageKeys } from '@reinraum/crypto'

/** Where plaintext goes: a file that is open for writing, or memory that all threads share. */
export interface Target {
  readonly into: number | SharedArrayBuffer
  /** the offset in the plaintext of its first byte */
  readonly from: number
}

/** Ciphertext of whole chunks: in a file that is open for reading, or at the start of a buffer that is handed over. */
export type Ciphertext = { readonly fd: number } | { readonly bytes: ArrayBuffer }

/** Chunks `first` and on: `length` bytes of ciphertext. */
export interface Part {
  readonly first: number
  readonly length: number
}

/** Parts, of handed over bytes just one, are opened and written to the target. */
export interface UnsealJob {
  readonly kind: 'unseal'
  readonly envelope: number
  readonly parts: readonly Part[]
  readonly ciphertext: Ciphertext
  readonly target: Target
  /** shared by all jobs of one call; anything but zero ends them before their next batch */
  readonly stop: Int32Array<SharedArrayBuffer>
}

/** Chunks `first` and on are sealed; the end of the message is a chunk shorter than the others, possibly empty. */
export interface SealJob {
  readonly kind: 'seal'
  readonly envelope: number
  readonly first: number
  readonly plaintext: ArrayBuffer
  readonly length: number
  readonly last: boolean
  /** where the ciphertext goes */
  readonly into: ArrayBuffer
}

export interface ForgetJob {
  readonly kind: 'forget'
  readonly envelope: number
}

export type Job = UnsealJob | SealJob | ForgetJob

/** What a thread is sent. Keys come with the first job of their envelope, as buffers that are handed over, not copied. */
export type Request = { readonly id: number; readonly job: Job; readonly keys?: MessageKeys } | 'close'

/** The buffers that a job handed over, and what it made. */
export interface JobResult {
  readonly spare?: ArrayBuffer
  readonly sealed?: Uint8Array<ArrayBuffer>
}

export type Reply =
  | { readonly id: number; readonly result: JobResult }
  /** a code of ours, and the system's where a file was the reason (`ENOSPC`); never an error's text */
  | { readonly id: number; readonly failure: ErrorCode; readonly system?: string }
