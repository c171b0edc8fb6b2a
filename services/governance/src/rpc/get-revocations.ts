import { ReinraumError } from '@reinraum/crypto'
import type { GetRevocationsRequest } from '@reinraum/proto'
import type { Governance } from '../governance.ts'
import { revocationsOf } from '../run-bundle.ts'

/** For key services and executors: a contract with all of its revocations. */
export async function getRevocations(governance: Governance, request: GetRevocationsRequest) {
  const row = await governance.store.db
    .selectFrom('contracts')
    .select('bytes')
    .where('id', '=', request.contractId)
    .executeTakeFirst()
  if (row === undefined) throw new ReinraumError('not-found', 'no such contract')
  return { contract: row.bytes, revocations: await revocationsOf(governance, request.contractId) }
}
