import type { ReleaseService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import { type Access, accessResult, nextReviewerOf } from '../access.ts'
import type { Release } from '../release.ts'
import { wireState } from '../result-state.ts'

export function getResult({ store }: Release): Handlers<typeof ReleaseService>['getResult'] {
  return async ({ runId }, context) => {
    const access = await accessResult(store.db, runId, context)
    const { result, party } = access
    return {
      state: wireState(result.state),
      receiptBundle: result.receipt_bundle,
      gateLayer: mayHoldLayer(access) ? result.gate_layer : new Uint8Array(),
      nextReviewer: await nextReviewerOf(store.db, result),
      inspectionKey: result.state === 'rejected' ? new Uint8Array() : (party.inspection_key ?? new Uint8Array()),
      length: BigInt(result.length),
    }
  }
}

/** Reviewers get what is still closed, recipients what has been opened. Neither could open what the other gets. */
function mayHoldLayer({ result, party }: Access): boolean {
  switch (result.state) {
    case 'awaiting-review':
      return party.review_position !== null
    case 'released':
      return party.recipient === 1
    case 'rejected':
      return false
  }
}
