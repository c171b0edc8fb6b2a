import type { ReleaseService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import type { Release } from '../release.ts'

export function listReviews({ store, limits }: Release): Handlers<typeof ReleaseService>['listReviews'] {
  return async ({ contractId }, { caller }) => {
    if (caller.kind !== 'party') return { reviews: [] }
    const waiting = await store.db
      .selectFrom('results')
      .innerJoin('result_parties', 'result_parties.run_id', 'results.run_id')
      .where('results.contract_id', '=', contractId)
      .where('results.state', '=', 'awaiting-review')
      .where('result_parties.key', '=', caller.key.x)
      .whereRef('result_parties.review_position', '=', 'results.reviewed')
      .select(['results.run_id', 'results.query_id', 'results.gate_layer', 'results.deposited_at'])
      .orderBy('results.deposited_at')
      .limit(1000)
      .execute()
    let room = limits.listedLayerBytes
    const listed = waiting.filter(({ gate_layer }) => {
      room -= gate_layer.length
      return room >= 0
    })
    return {
      reviews: listed.map((row) => ({
        runId: row.run_id,
        queryId: row.query_id,
        gateLayer: row.gate_layer,
        depositedAt: BigInt(row.deposited_at),
      })),
    }
  }
}
