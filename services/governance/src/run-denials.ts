import { isReinraumError } from '@reinraum/crypto'
import type { Transaction } from '@reinraum/kit'
import { verifyBudgetDenial, verifyContract } from '@reinraum/statements'
import type { Governance } from './governance.ts'
import type { RunRow } from './rpc/get-run.ts'
import type { GovernanceTables } from './store.ts'

/** A key service's signed word that too little of a budget was left for a run. */
export interface RunDenial {
  readonly keyService: string
  readonly bytes: Uint8Array
}

/**
 * Of what an event brings along, the denials that key services of the run's own contract signed of this run, one of each.
 * What is none is left out: the run failed all the same.
 */
export async function verifiedDenials(
  { store, now }: Pick<Governance, 'store' | 'now'>,
  runId: string,
  denials: readonly Uint8Array[],
): Promise<readonly RunDenial[]> {
  if (denials.length === 0) return []
  const row = await store.db
    .selectFrom('runs')
    .innerJoin('contracts', 'contracts.id', 'runs.contract_id')
    .select('contracts.bytes')
    .where('runs.id', '=', runId)
    .executeTakeFirst()
  if (row === undefined) return []
  const told = new Map<string, Uint8Array>()
  for (const bytes of denials) {
    const keyService = await deniedBy(row.bytes, runId, bytes, now())
    if (keyService !== undefined) told.set(keyService, bytes)
  }
  return [...told].map(([keyService, bytes]) => ({ keyService, bytes }))
}

async function deniedBy(contract: Uint8Array, runId: string, bytes: Uint8Array, now: Date): Promise<string | undefined> {
  try {
    const { release } = await verifyBudgetDenial(bytes, await verifyContract(contract, { now }), runId)
    return release.document.keyService
  } catch (error) {
    if (!isReinraumError(error)) throw error
    return undefined
  }
}

export async function keepDenials(
  trx: Transaction<GovernanceTables>,
  runId: string,
  denials: readonly RunDenial[],
): Promise<void> {
  if (denials.length === 0) return
  const rows = denials.map(({ keyService, bytes }) => ({ run_id: runId, key_service: keyService, bytes: Buffer.from(bytes) }))
  await trx
    .insertInto('run_denials')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** What a run that failed for want of a budget failed on; nothing of any other, whatever was said before it went on. */
export async function denialsOf(
  { store }: Pick<Governance, 'store'>,
  { id, reason }: Pick<RunRow, 'id' | 'reason'>,
): Promise<readonly Uint8Array[]> {
  if (reason !== 'budget-exhausted') return []
  const rows = await store.db.selectFrom('run_denials').select('bytes').where('run_id', '=', id).orderBy('key_service').execute()
  return rows.map(({ bytes }) => bytes)
}
