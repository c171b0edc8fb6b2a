import type { ObjectStore } from '@reinraum/kit'
import type { Intake } from './intake.ts'
import type { ReleaseStore } from './store.ts'

/** What the RPCs of this service work on. */
export interface Release {
  readonly store: ReleaseStore
  readonly objects: ObjectStore
  readonly intake: Intake
  readonly limits: ReleaseLimits
  readonly now: () => Date
}

export interface ReleaseLimits {
  /** ciphertext bytes of one result */
  readonly resultBytes: number
  /** bytes of gate layers in one answer to ListReviews; what is left out comes once these are reviewed */
  readonly listedLayerBytes: number
}

export const releaseLimits: ReleaseLimits = {
  resultBytes: 4 * 2 ** 30,
  listedLayerBytes: 8 * 2 ** 20,
}
