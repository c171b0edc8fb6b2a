import { ReinraumError } from '@reinraum/crypto'
import type { ReleaseService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import { type Access, accessResult } from '../access.ts'
import type { Release } from '../release.ts'

export function readResult({ store, objects }: Release): Handlers<typeof ReleaseService>['readResult'] {
  return async function* ({ runId, offset }, context) {
    const access = await accessResult(store.db, runId, context)
    requireReadable(access)
    // The object store refuses a range that is not inside the object.
    for await (const data of objects.read(access.result.object, { offset: Number(offset) })) yield { data }
  }
}

/** Who could not open the ciphertext has no use for it: recipients wait for the reviews, reviewers read only to inspect. */
function requireReadable({ result, party }: Access): void {
  if (result.state === 'rejected') throw new ReinraumError('review-rejected', 'a reviewer rejected the result')
  if (party.inspection_key !== null) return
  if (party.recipient === 0) throw new ReinraumError('permission-denied', 'the contract gives you no inspection of results')
  if (result.state === 'awaiting-review') throw new ReinraumError('review-pending', 'the result waits for its reviews')
}
