import { ReinraumError } from '@reinraum/crypto'
import { type Charge, compose, deltaPlaces, epsilonPlaces, fits, type Shortfall as Short, unitsOf } from '@reinraum/privacy'
import {
  codeOfSpending,
  entryDigest,
  followingEntry,
  type LedgerDebit,
  type LedgerEnd,
  type Shortfall,
  type VerifiedRun,
} from '@reinraum/statements'
import { beginsAnother, type Hold, heldOf } from '../holds/holds.ts'
import { hasKey } from '../release/access-budget.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { endOf, type LedgerRow, rowOf } from './ledger-rows.ts'
import { type LedgerOfRun, ledgersOfRun } from './ledgers-of-run.ts'
import { requireDue } from './refresh.ts'
import { standOf } from './stand-of-ledger.ts'

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
 * Step 6, of the noise in the slots' rules: what this release takes of each ledger, whatever contract spent the rest. A run pays
 * once, and then gets nothing more: whoever got the keys again could draw noise again, and whoever starts a run over and over would
 * spend what its analyst did not sign for. What is held for other runs counts as spent. Nothing is written here.
 * @throws ReinraumError `budget-spent`, `rollback-detected`, `budget-not-due`, `ledger-mismatch`, `ledger-broken`,
 *   `privacy-missing`; `budget-held` where the query would fit without what is held
 */
export async function dueDebits(
  vault: Vault,
  trx: KeysTransaction,
  verified: VerifiedRun,
  slots: readonly string[],
  holds: readonly Hold[],
  now: Date,
): Promise<DueDebits> {
  const { privacy } = verified.query.document
  const debits: DueDebit[] = []
  const shortfalls: Shortfall[] = []
  let lacksHeld = false
  for (const ledger of await ledgersOfRun(verified, slots)) {
    if (privacy === undefined) throw new ReinraumError('privacy-missing', 'the query does not say what it spends')
    if (await hasKey(trx, verified, ledger.manifest))
      throw new ReinraumError('budget-spent', 'this run was debited already: it gets no keys again')
    const end = await openEnd(vault, trx, ledger, now)
    // What a refusal says is left is what the ledger says: what is held is nobody's yet.
    const fit = fits(ledger.noise, end.spent, privacy)
    if (fit.outcome === 'fits') {
      debits.push(debitOf(vault, verified, ledger, end, fit.charge, now))
      const spent = compose(end.spent, heldOf(holds, ledger.id))
      lacksHeld ||= fits(ledger.noise, spent, privacy).outcome !== 'fits'
      lacksHeld ||= end.sequence === 0 && beginsAnother(holds, ledger.id, ledger.name)
    } else if (fit.shortfall !== undefined) shortfalls.push(shortfallIn(ledger, fit.shortfall))
    else throw new ReinraumError(codeOfSpending(fit.code), fit.message)
  }
  if (shortfalls.length === 0 && lacksHeld)
    throw new ReinraumError('budget-held', 'what is left of a budget is held for another run')
  return shortfalls.length > 0 ? { fits: false, shortfalls } : { fits: true, debits }
}

export async function appendDebits(trx: KeysTransaction, debits: readonly DueDebit[]): Promise<void> {
  for (const { row } of debits) await trx.insertInto('ledger_entries').values(row).execute()
}

async function openEnd(vault: Vault, trx: KeysTransaction, ledger: LedgerOfRun, now: Date): Promise<LedgerEnd> {
  const { last, isLocked, isCountedOtherwise } = await standOf(trx, ledger)
  // Nothing is debited while debits of another contract may be missing.
  if (isLocked)
    throw new ReinraumError('rollback-detected', "the dataset's ledger may lack entries of another contract, whose log is locked")
  // With another accounting its budget would be there a second time.
  if (isCountedOtherwise)
    throw new ReinraumError('ledger-mismatch', `${ledger.name.dataset} was counted by another accounting than this rule's`)
  const end = endOf(vault, ledger.id, last)
  if (end.sequence === 0) await requireDue(vault, trx, ledger, now)
  return end
}

function shortfallIn({ slot, name: { dataset, period, accounting } }: LedgerOfRun, { left, wouldFit }: Short): Shortfall {
  const fits =
    wouldFit === null ? null : { epsilon: count(wouldFit.epsilon, epsilonPlaces), delta: count(wouldFit.delta, deltaPlaces) }
  return { slot, dataset, period, accounting, left: { ...left }, fits }
}

function count(decimal: number, places: number): number {
  return Number(unitsOf(decimal, places) ?? 0n)
}

function debitOf(
  vault: Vault,
  { contract, run }: VerifiedRun,
  ledger: LedgerOfRun,
  end: LedgerEnd,
  charge: Charge,
  now: Date,
): DueDebit {
  const { id, slot, manifest } = ledger
  const { dataset, period, accounting } = ledger.name
  const event = { contract: contract.id, run: run.id, slot, manifest, at: now.toISOString(), origin: null }
  const entry = followingEntry(end, { charge, event })
  const { sequence, charged, spent } = entry
  const after = entryDigest({ keyService: vault.id, ledger: id }, end.digest, entry)
  return {
    named: {
      slot,
      dataset,
      period,
      accounting,
      sequence,
      before: end.digest,
      after,
      charge: { ...charge },
      charged: { ...charged },
      spent: { ...spent },
    },
    row: rowOf(vault, ledger, end.digest, { entry, event, digest: after }),
  }
}
