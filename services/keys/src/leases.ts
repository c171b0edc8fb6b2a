import { ReinraumError } from '@reinraum/crypto'
import { assertNotRevoked, decidesAbout, parseStatement, type VerifiedRun, verifyRevocation } from '@reinraum/statements'
import { z } from 'zod'
import { requireNoneDestroyed } from './administration/destructions.ts'
import { verifiedContract } from './contracts.ts'
import { knownRejections, knownRevocations, type Owners } from './revocations.ts'
import { requireNotLocked } from './rollback/locks.ts'
import type { KeysDatabase, KeysTransaction } from './store.ts'

/** How long a key that was released may be used without asking again: the bound on what a revocation cannot recall. */
export const leaseMs = 60_000

const ownersSchema = z.record(z.string(), z.string())

/** Starts a lease at a release; a repeated release of the same run starts it anew. Returns its end in ms. */
export async function startLease(trx: KeysTransaction, verified: VerifiedRun, now: Date): Promise<number> {
  const { contract, query, run, approvals, manifests } = verified
  const owners = [...approvals, ...manifests.values()].map(({ id, document }) => [id, document.by] as const)
  const ends_at = Date.parse(contract.document.validity.notAfter)
  const expires_at = Math.min(now.getTime() + leaseMs, ends_at)
  const values = { query: query.bytes, run: run.bytes, owners: JSON.stringify(Object.fromEntries(owners)), ends_at, expires_at }
  await trx
    .insertInto('leases')
    .values({ run_id: run.id, contract_id: contract.id, ...values })
    .onConflict((conflict) => conflict.column('run_id').doUpdateSet(values))
    .execute()
  return expires_at
}

/**
 * Extends the lease of a run that got keys here, if nothing it rests on was revoked since. Returns its new end in ms.
 * @throws ReinraumError `rollback-detected`, `lease-lost` (never released here, lapsed), `revoked`, `approval-revoked`,
 *   `query-rejected`, `expired` (the contract), `key-destroyed` (a key that it holds, or about to be)
 */
export async function renewLease(trx: KeysTransaction, runId: string, now: Date): Promise<number> {
  const lease = await requireLease(trx, runId, now)
  const expiresAt = Math.min(now.getTime() + leaseMs, lease.ends_at)
  await trx.updateTable('leases').set({ expires_at: expiresAt }).where('run_id', '=', runId).execute()
  return expiresAt
}

/**
 * For a run that has the key of this slot from here and may still use it, the id of its contract.
 * @throws ReinraumError as `renewLease`; `key-unknown` when it was never given this slot's key here
 */
export async function requireReleasedSlot(trx: KeysTransaction, runId: string, slot: string, now: Date): Promise<string> {
  const { contract_id } = await requireLease(trx, runId, now)
  const released = trx.selectFrom('released_keys').select('run_id').where('contract_id', '=', contract_id)
  const found = await released.where('slot', '=', slot).where('run_id', '=', runId).executeTakeFirst()
  if (found === undefined) throw new ReinraumError('key-unknown', 'this run has no key of such a slot from here')
  return contract_id
}

async function requireLease(trx: KeysTransaction, runId: string, now: Date): Promise<KeysDatabase['leases']> {
  const lease = await trx.selectFrom('leases').selectAll().where('run_id', '=', runId).executeTakeFirst()
  if (lease === undefined) throw new ReinraumError('lease-lost', 'no keys were released for this run here')
  await requireNotLocked(trx, lease.contract_id)
  await assertStillAllowed(trx, lease, now)
  const time = now.getTime()
  if (time >= lease.ends_at) throw new ReinraumError('expired', 'the contract has ended')
  // An end further away than a whole lease means that the clock was set back: whether it lapsed cannot be known.
  if (time >= lease.expires_at || lease.expires_at - time > leaseMs) {
    throw new ReinraumError('lease-lost', 'the lease of this run has lapsed')
  }
  return lease
}

async function assertStillAllowed(trx: KeysTransaction, lease: KeysDatabase['leases'], now: Date): Promise<void> {
  const owners: Owners = new Map(Object.entries(ownersSchema.parse(JSON.parse(lease.owners))))
  await requireNoneDestroyed(trx, lease.contract_id, [...owners.keys()])
  const known = await knownRevocations(trx, lease.contract_id, owners)
  const { id: queryId, document: query } = parseStatement(lease.query)
  const rejections = await knownRejections(trx, lease.contract_id, queryId)
  if (known.length === 0 && rejections.length === 0) return
  if (known.some(({ document }) => document.target.type === 'approval')) {
    throw new ReinraumError('approval-revoked', 'an approval that this run rests on was revoked')
  }
  const contract = await verifiedContract(trx, lease.contract_id)
  const revocations = await Promise.all(known.map(({ statement }) => verifyRevocation(statement, contract, now)))
  const run = parseStatement(lease.run).document
  if (query.kind !== 'reinraum/query/v1' || run.kind !== 'reinraum/run/v1') {
    throw new ReinraumError('internal', 'a lease does not hold the run that it is about')
  }
  assertNotRevoked(revocations, { contract: contract.document, query, run })
  const read = contract.document.slots.filter(({ id }) => query.slots.includes(id))
  if (rejections.some(({ by }) => read.some((slot) => decidesAbout(slot, by)))) {
    throw new ReinraumError('query-rejected', 'the query of this run was rejected')
  }
}
