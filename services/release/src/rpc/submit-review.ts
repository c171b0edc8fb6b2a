import { digestId, ReinraumError } from '@reinraum/crypto'
import type { Transaction } from '@reinraum/kit'
import type { ReleaseService, SubmitReviewRequest } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import { type Access, accessResult, nextReviewerOf } from '../access.ts'
import { recordEvent } from '../events.ts'
import type { Release } from '../release.ts'
import { wireState } from '../result-state.ts'
import type { ReleaseTables, ResultRow } from '../store.ts'

/**
 * A reviewer lets the result pass by handing on the layer beneath its own, or ends it. The answer to a repeated
 * call is the same.
 */
export function submitReview({ store }: Release): Handlers<typeof ReleaseService>['submitReview'] {
  return (request, context) =>
    store.transaction(async (trx) => {
      const access = await accessResult(trx, request.runId, context)
      const result = await decide(trx, access, request.decision)
      return { state: wireState(result.state), nextReviewer: await nextReviewerOf(trx, result) }
    })
}

type Decision = SubmitReviewRequest['decision']

async function decide(trx: Transaction<ReleaseTables>, { result, party }: Access, decision: Decision): Promise<ResultRow> {
  const position = party.review_position
  if (position === null) throw new ReinraumError('permission-denied', 'only a reviewer of the contract reviews')
  const layers = JSON.parse(result.layers) as readonly string[]
  const opened = decision.case === 'openedLayer' ? decision.value : undefined
  if (opened !== undefined && digestId(opened) !== layers[position + 1]) {
    throw new ReinraumError('checksum-mismatch', 'the opened layer is not the one that the receipt names')
  }
  if (position < result.reviewed) return repeatedApproval(result, opened)
  if (result.state === 'rejected') return repeatedRejection(result, position, opened)
  if (position > result.reviewed) throw new ReinraumError('review-pending', 'another reviewer is first')
  return opened === undefined ? reject(trx, result) : pass(trx, result, opened, layers.length)
}

function repeatedApproval(result: ResultRow, opened: Uint8Array | undefined): ResultRow {
  if (opened === undefined) throw new ReinraumError('conflict', 'you have let this result pass already')
  return result
}

function repeatedRejection(result: ResultRow, position: number, opened: Uint8Array | undefined): ResultRow {
  // The one who rejected is the one whose turn it was.
  if (opened === undefined && position === result.reviewed) return result
  throw new ReinraumError('review-rejected', 'the result was rejected')
}

/** The reason goes nowhere: a reviewer who inspects could quote the data in it. */
async function reject(trx: Transaction<ReleaseTables>, result: ResultRow): Promise<ResultRow> {
  return change(trx, result, { state: 'rejected' })
}

async function pass(trx: Transaction<ReleaseTables>, result: ResultRow, layer: Uint8Array, layers: number): Promise<ResultRow> {
  const reviewed = result.reviewed + 1
  // One layer more than there are reviewers: the last one is the recipients'.
  const state = reviewed === layers - 1 ? 'released' : 'awaiting-review'
  return change(trx, result, { state, reviewed, gate_layer: layer })
}

async function change(
  trx: Transaction<ReleaseTables>,
  result: ResultRow,
  changed: Partial<Pick<ResultRow, 'state' | 'reviewed' | 'gate_layer'>>,
): Promise<ResultRow> {
  const after = { ...result, ...changed }
  await trx.updateTable('results').set(changed).where('run_id', '=', result.run_id).execute()
  if (after.state !== 'awaiting-review') await recordEvent(trx, after, after.state)
  return after
}
