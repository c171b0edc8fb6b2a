import { ReinraumError } from '@reinraum/crypto'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { openRow } from './ledger-rows.ts'
import type { LedgerOfRun } from './ledgers-of-run.ts'

const dayMs = 24 * 3600_000

/**
 * A part of a dataset that nothing was spent of yet begins a budget of its own, so many days after the last part began, by this
 * service's clock. That its data is new is the owner's word, in the manifest; no key service sees data.
 * @throws ReinraumError `budget-not-due`, `ledger-broken`
 */
export async function requireDue(vault: Vault, trx: KeysTransaction, { id, name, noise }: LedgerOfRun, now: Date): Promise<void> {
  if (noise.refresh === 'never') return
  const firsts = await trx
    .selectFrom('ledger_entries')
    .selectAll()
    .where('owner', '=', name.owner)
    .where('dataset', '=', name.dataset)
    .where('sequence', '=', 1)
    .where('ledger', '!=', id)
    .execute()
  const begun = firsts.map((row) => Date.parse(openRow(vault, row).event.at))
  const due = Math.max(...begun) + noise.refresh.everyDays * dayMs
  if (begun.length > 0 && now.getTime() < due)
    throw new ReinraumError('budget-not-due', `a budget of ${name.dataset} begins every ${noise.refresh.everyDays} days at most`)
}
