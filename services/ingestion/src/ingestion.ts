import type { ObjectStore } from '@reinraum/kit'
import type { IngestionStore } from './store.ts'
import type { Turns } from './turns.ts'

/** What the RPCs of this service work on. */
export interface Ingestion {
  readonly store: IngestionStore
  readonly objects: ObjectStore
  readonly turns: Turns
  readonly limits: IngestionLimits
  readonly now: () => Date
}

export interface IngestionLimits {
  /** of one owner under one contract: no member can use up what the others need */
  readonly openUploadsPerContract: number
  readonly openUploadsPerOwner: number
  readonly openUploads: number
  /** No upload says beforehand how long it will be. */
  readonly bytesPerUpload: number
  /** An open upload that nobody touched for this long is dropped. */
  readonly abandonedAfterMs: number
  /** Bytes written before they are made durable and acknowledged, while more keep coming. */
  readonly syncBytes: number
  /** A pause of the sender after which what it sent is made durable. */
  readonly lingerMs: number
}

export const ingestionLimits: IngestionLimits = {
  openUploadsPerContract: 64,
  // Anyone can write a contract with members of their own invention, so the contract alone bounds nothing.
  openUploadsPerOwner: 128,
  openUploads: 4096,
  bytesPerUpload: 2 ** 40,
  abandonedAfterMs: 7 * 24 * 3600 * 1000,
  syncBytes: 8 * 2 ** 20,
  lingerMs: 50,
}
