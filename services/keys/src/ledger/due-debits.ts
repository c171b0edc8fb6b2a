import { ReinraumError } from '@reinraum/crypto'
import {
  endAfter,
  followingEntry,
  type LedgerCharge,
  type LedgerDebit,
  type LedgerEnd,
  ledgerId,
  type Privacy,
  type Shortfall,
  type VerifiedRun,
} from '@reinraum/statements'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { budgetOfRule, chargeOfQuery, fittingEpsilon } from './charge.ts'
import { requireNoneLocked } from './contracts-of-ledger.ts'
import { endOfLedger, type LedgerRow, rowOf } from './ledger-rows.ts'
import { type LedgerOfRun, ledgersOfRun } from './ledgers-of-run.ts'
import { requireDue } from './refresh.ts'

/** An entry that a release makes: as the release names it, and its row. */
export interface DueDebit {
  readonly named: LedgerDebit
  readonly row: LedgerRow
}

/** Every ledger is debited, or there are some in which the query does not fit. */
export type DueDebits =
  | { readonly fits: true; readonly debits: readonly DueDebit[] }
  | { readonly fits: false; readonly shortfalls: readonly Shortfall[] }

/**
 * Step 6, of the noise in the slots' rules: what this release takes of each ledger, whatever contract spent the rest. Every release
 * pays, also another one of the same run: whoever gets the keys again can draw noise again. Nothing is written here.
 * @throws ReinraumError `rollback-detected`, `budget-not-due`, `ledger-mismatch`, `ledger-broken`, `privacy-missing`
 */
export async function dueDebits(
  vault: Vault,
  trx: KeysTransaction,
  verified: VerifiedRun,
  slots: readonly string[],
  now: Date,
): Promise<DueDebits> {
  const { privacy } = verified.query.document
  const debits: DueDebit[] = []
  const shortfalls: Shortfall[] = []
  for (const ledger of await ledgersOfRun(verified, slots)) {
    if (privacy === undefined) throw new ReinraumError('privacy-missing', 'the query does not say what it spends')
    const end = await openEnd(vault, trx, ledger, now)
    const charge = chargeOfQuery(ledger.noise, privacy)
    const short = shortfallOf(ledger, end, charge, privacy)
    if (short === undefined) debits.push(debitOf(vault, verified, ledger, end, charge, now))
    else shortfalls.push(short)
  }
  return shortfalls.length > 0 ? { fits: false, shortfalls } : { fits: true, debits }
}

export async function appendDebits(trx: KeysTransaction, debits: readonly DueDebit[]): Promise<void> {
  for (const { row } of debits) await trx.insertInto('ledger_entries').values(row).execute()
}

async function openEnd(vault: Vault, trx: KeysTransaction, ledger: LedgerOfRun, now: Date): Promise<LedgerEnd> {
  await requireNoneLocked(trx, ledger.id)
  await requireOneAccounting(trx, ledger)
  const end = await endOfLedger(vault, trx, ledger.id)
  if (end.sequence === 0) await requireDue(vault, trx, ledger, now)
  return end
}

/** A dataset counts by one accounting for good: with another one its budget would be there a second time. */
async function requireOneAccounting(trx: KeysTransaction, { name }: LedgerOfRun): Promise<void> {
  const other = ledgerId({ ...name, accounting: name.accounting === 'basic' ? 'zcdp' : 'basic' })
  const entries = trx.selectFrom('ledger_entries').select('sequence').where('ledger', '=', other).where('sequence', '=', 1)
  if ((await entries.executeTakeFirst()) !== undefined)
    throw new ReinraumError('ledger-mismatch', `${name.dataset} was counted by another accounting than this rule's`)
}

/** What is left is the rule's budget without what anybody spent; undefined when the charge fits. */
function shortfallOf(
  { slot, name: { dataset, period, accounting }, noise }: LedgerOfRun,
  { spent }: LedgerEnd,
  needed: LedgerCharge,
  { delta }: Privacy,
): Shortfall | undefined {
  const budget = budgetOfRule(noise)
  const left = { epsilon: Math.max(0, budget.epsilon - spent.epsilon), delta: Math.max(0, budget.delta - spent.delta) }
  if (needed.epsilon <= left.epsilon && needed.delta <= left.delta) return undefined
  return { slot, dataset, period, accounting, left, needed: { ...needed }, fits: fittingEpsilon(noise, left, delta) }
}

function debitOf(
  vault: Vault,
  { contract, run }: VerifiedRun,
  ledger: LedgerOfRun,
  end: LedgerEnd,
  charge: LedgerCharge,
  now: Date,
): DueDebit {
  const { id, slot, manifest } = ledger
  const { dataset, period, accounting } = ledger.name
  const event = { contract: contract.id, run: run.id, slot, manifest, at: now.toISOString(), origin: null }
  const entry = followingEntry(end, { charge, event })
  const { sequence, charged, spent } = entry
  const after = endAfter({ keyService: vault.id, ledger: id }, end.digest, entry).digest
  return {
    named: { slot, dataset, period, accounting, sequence, before: end.digest, after, charge, charged, spent },
    row: rowOf(vault, ledger, end.digest, { entry, event }),
  }
}
