import { type FreshnessNumbers, freshnessNumbersSchema, raiseFloors } from '@reinraum/attestation'
import { ReinraumError } from '@reinraum/crypto'
import type { KeysTransaction } from './store.ts'

/**
 * The newest numbers of the vendors' lists that this service has seen in evidence for which it released keys of this contract.
 * An older list is refused from then on, even while it is in force: replaying it would bring a revoked chip or an old patch level
 * back. Each contract has its own: Intel publishes some collateral early, and who uses it must not lock others out.
 * @throws ReinraumError `internal` when the table holds what was never written there: no floor would then mean anything
 */
export async function readFloors(trx: Pick<KeysTransaction, 'selectFrom'>, contractId: string): Promise<FreshnessNumbers> {
  const rows = await trx.selectFrom('freshness_floors').selectAll().where('contract_id', '=', contractId).execute()
  const floors = freshnessNumbersSchema.safeParse(Object.fromEntries(rows.map(({ series, number }) => [series, number])))
  if (!floors.success) throw new ReinraumError('internal', 'the floors of this store are not well formed')
  return floors.data
}

/** Raises the floors to what acceptable evidence carried. None is ever lowered. */
export async function raiseStoredFloors(trx: KeysTransaction, contractId: string, observed: FreshnessNumbers): Promise<void> {
  const floors = await readFloors(trx, contractId)
  const raised = Object.entries(raiseFloors(floors, observed)).filter(([series, number]) => floors[series] !== number)
  for (const [series, number] of raised) {
    await trx
      .insertInto('freshness_floors')
      .values({ contract_id: contractId, series, number })
      .onConflict((conflict) => conflict.columns(['contract_id', 'series']).doUpdateSet({ number }))
      .execute()
  }
}
