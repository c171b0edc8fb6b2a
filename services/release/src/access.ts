import { ReinraumError } from '@reinraum/crypto'
import type { RpcContext } from '@reinraum/rpc'
import type { Kysely } from 'kysely'
import type { PartyRow, ReleaseTables, ResultRow } from './store.ts'

export interface Access {
  readonly result: ResultRow
  /** what the caller is to this result */
  readonly party: PartyRow
}

/**
 * A result, for those whom the contract and the run let near it.
 * @throws ReinraumError `not-found`, `permission-denied`
 */
export async function accessResult(db: Kysely<ReleaseTables>, runId: string, { caller }: RpcContext): Promise<Access> {
  if (caller.kind !== 'party') throw new ReinraumError('permission-denied', 'only recipients and reviewers see a result')
  const result = await db.selectFrom('results').selectAll().where('run_id', '=', runId).executeTakeFirst()
  if (result === undefined) throw new ReinraumError('not-found', 'there is no result of this run')
  const party = await db
    .selectFrom('result_parties')
    .selectAll()
    .where('run_id', '=', runId)
    .where('key', '=', caller.key.x)
    .executeTakeFirst()
  if (party === undefined) throw new ReinraumError('permission-denied', 'only recipients and reviewers see a result')
  return { result, party }
}

/** The member whose review is next; empty when none is. */
export async function nextReviewerOf(db: Kysely<ReleaseTables>, result: ResultRow): Promise<string> {
  if (result.state !== 'awaiting-review') return ''
  const next = await db
    .selectFrom('result_parties')
    .select('member')
    .where('run_id', '=', result.run_id)
    .where('review_position', '=', result.reviewed)
    .executeTakeFirst()
  return next?.member ?? ''
}
