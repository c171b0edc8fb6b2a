import { ReinraumError } from '@reinraum/crypto'
import type { RunBundleBytes } from '@reinraum/statements'
import type { Governance } from './governance.ts'
import { decisionsOf } from './rpc/get-query.ts'

export interface RunReferences {
  readonly contract: string
  readonly query: string
  /** slot → manifest id */
  readonly versions: Readonly<Record<string, string>>
}

/** Everything signed that decides about a run, as it stands now. */
export async function runBundle(
  governance: Pick<Governance, 'store'>,
  run: Uint8Array,
  references: RunReferences,
): Promise<RunBundleBytes> {
  const { db } = governance.store
  const contract = await db.selectFrom('contracts').select('bytes').where('id', '=', references.contract).executeTakeFirst()
  if (contract === undefined) throw new ReinraumError('not-found', 'no such contract')
  const query = await db
    .selectFrom('queries')
    .select('bytes')
    .where('id', '=', references.query)
    .where('contract_id', '=', references.contract)
    .executeTakeFirst()
  if (query === undefined) throw new ReinraumError('not-found', 'no such query')
  const ids = Object.values(references.versions)
  const manifests = await db
    .selectFrom('manifests')
    .select('bytes')
    .where('contract_id', '=', references.contract)
    .where('id', 'in', ids)
    .execute()
  return {
    contract: contract.bytes,
    query: query.bytes,
    run,
    decisions: await decisionsOf(governance, references.query),
    manifests: manifests.map((row) => row.bytes),
    revocations: await revocationsOf(governance, references.contract),
  }
}

export async function revocationsOf({ store }: Pick<Governance, 'store'>, contractId: string): Promise<Uint8Array[]> {
  const rows = await store.db
    .selectFrom('revocations')
    .select('bytes')
    .where('contract_id', '=', contractId)
    .orderBy('recorded_at')
    .execute()
  return rows.map((row) => row.bytes)
}
