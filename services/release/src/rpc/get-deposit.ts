import type { ResultIntakeService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import type { Release } from '../release.ts'

export function getDeposit({ store }: Release): Handlers<typeof ResultIntakeService>['getDeposit'] {
  return async ({ runId }) => {
    const standing = await store.db.selectFrom('results').select('receipt_id').where('run_id', '=', runId).executeTakeFirst()
    return { exists: standing !== undefined, receiptId: standing?.receipt_id ?? '' }
  }
}
