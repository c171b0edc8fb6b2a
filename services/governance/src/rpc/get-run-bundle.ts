import { ReinraumError } from '@reinraum/crypto'
import type { GetRunBundleRequest } from '@reinraum/proto'
import { parseStatement } from '@reinraum/statements'
import type { Governance } from '../governance.ts'
import { runBundle } from '../run-bundle.ts'

/** For executors: the statements behind a queued run. The executor verifies each itself. */
export async function getRunBundle(governance: Governance, request: GetRunBundleRequest) {
  const row = await governance.store.db
    .selectFrom('runs')
    .select(['bytes', 'state'])
    .where('id', '=', request.runId)
    .executeTakeFirst()
  if (row === undefined) throw new ReinraumError('not-found', 'no such run')
  const { document } = parseStatement(row.bytes)
  if (document.kind !== 'reinraum/run/v1') throw new ReinraumError('internal', 'the stored run is another kind of statement')
  const { contract, query, run, decisions, manifests, revocations } = await runBundle(governance, row.bytes, document)
  return {
    bundle: { contract, query, run, decisions: [...decisions], manifests: [...manifests], revocations: [...revocations] },
    cancelled: row.state === 'cancelled',
  }
}
