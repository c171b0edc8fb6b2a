import { type Release, type Verified, type VerifiedContract, verifyRelease } from '@reinraum/statements'
import { closeHistory } from '../history/histories.ts'
import type { KeysDatabase, KeysTransaction } from '../store.ts'
import { lockContract } from './locks.ts'
import { endOf } from './log-state.ts'

/** What comparing a release that this service signed with its own log says. */
export type Finding = 'known' | 'missing' | 'contradiction'

/** Compares one release with the log. One that does not stand there is kept, as evidence and to mend the log with. */
export async function compareWithLog(trx: KeysTransaction, release: Verified<Release>): Promise<Finding> {
  const { contract: contract_id, sequence } = release.document
  const place = trx.selectFrom('releases').select('id').where('contract_id', '=', contract_id).where('sequence', '=', sequence)
  const standing = await place.executeTakeFirst()
  if (standing?.id === release.id) return 'known'
  await trx
    .insertInto('presented_releases')
    .values({ contract_id, sequence, id: release.id, statement: release.bytes })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return standing === undefined ? 'missing' : 'contradiction'
}

/**
 * Appends the releases that were shown, as far as each links up with the one before it, with the debits and released keys that
 * they record. Two that claim one place, or one that does not link up, say that this service's log went two ways.
 * @returns how many were appended
 */
export async function mendLog(trx: KeysTransaction, contract: VerifiedContract, now: Date): Promise<number> {
  for (let appended = 0; ; appended += 1) {
    const end = await endOf(trx, contract.id)
    const next = await trx
      .selectFrom('presented_releases')
      .selectAll()
      .where('contract_id', '=', contract.id)
      .where('sequence', '=', end.sequence + 1)
      .execute()
    if (next.length === 0) return appended
    const [only] = next as [KeysDatabase['presented_releases'], ...KeysDatabase['presented_releases'][]]
    // Verified again: the store lies on a disk that others may write.
    const release = await verifyRelease(only.statement, contract)
    if (next.length > 1 || (release.document.previous ?? '') !== end.id) {
      await lockContract(trx, contract.id, 'forked', now)
      return appended
    }
    await append(trx, release)
  }
}

async function append(trx: KeysTransaction, { id, bytes, document }: Verified<Release>): Promise<void> {
  const { contract: contract_id, sequence, run: run_id, outcome, decidedAt } = document
  const decided_at = Date.parse(decidedAt)
  const row = { contract_id, sequence, id, run_id, decision: outcome.decision, statement: bytes, decided_at }
  await trx.insertInto('releases').values(row).execute()
  await trx.deleteFrom('presented_releases').where('contract_id', '=', contract_id).where('id', '=', id).execute()
  if (outcome.decision !== 'released') return
  for (const { approval, before, after } of outcome.runs) {
    if (after === before) continue
    const debit = { approval_id: approval, run_id, debited_at: decided_at }
    await trx
      .insertInto('debits')
      .values(debit)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  for (const { manifest, slot } of outcome.datasets) {
    // Its entry is not here, and a result may have been shown.
    await closeHistory(trx, { contract_id, slot }, new Date(decided_at))
    const released = { contract_id, manifest_id: manifest, slot, run_id, released_at: decided_at }
    await trx
      .insertInto('released_keys')
      .values(released)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}
