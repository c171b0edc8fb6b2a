import { constantTimeEqual, fromBase64url, ReinraumError, randomBytes, toBase64url } from '@reinraum/crypto'
import type { KeysTransaction } from './store.ts'

export const nonceLifetimeMs = 120_000
/** Used and expired nonces stay this long, so that a replay is called by its name. */
const memoryMs = 300_000
/** Bounds the table: an executor that does nothing but ask for nonces cannot fill the disk. */
export const maximumNonces = 20_000

/**
 * A fresh nonce for one run: 32 random bytes, single use.
 * @throws ReinraumError `resource-exhausted` when too many are outstanding
 */
export async function issueNonce(
  trx: KeysTransaction,
  runId: string,
  now: Date,
): Promise<{ nonce: Uint8Array; expiresAt: number }> {
  const issuedAt = now.getTime()
  await trx
    .deleteFrom('nonces')
    .where((eb) => eb.or([eb('issued_at', '<', issuedAt - memoryMs), eb('issued_at', '>', issuedAt + memoryMs)]))
    .execute()
  const { count } = await trx.selectFrom('nonces').select(trx.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
  if (count >= maximumNonces) throw new ReinraumError('resource-exhausted', 'too many nonces are outstanding')
  const nonce = randomBytes(32)
  await trx
    .insertInto('nonces')
    .values({ nonce: toBase64url(nonce), run_id: runId, issued_at: issuedAt, used_at: null })
    .execute()
  return { nonce, expiresAt: issuedAt + nonceLifetimeMs }
}

/**
 * Uses a nonce up. It stays used whatever the later steps decide.
 * @throws ReinraumError `nonce-unknown` (also one issued for another run), `nonce-used`, `nonce-expired`
 */
export async function consumeNonce(trx: KeysTransaction, nonce: string, runId: string, now: Date): Promise<void> {
  const row = await trx.selectFrom('nonces').selectAll().where('nonce', '=', nonce).executeTakeFirst()
  // The index finds by comparison; what decides is compared in constant time.
  if (row === undefined || !constantTimeEqual(fromBase64url(row.nonce), fromBase64url(nonce))) {
    throw new ReinraumError('nonce-unknown', 'this nonce was not issued here')
  }
  if (row.used_at !== null) throw new ReinraumError('nonce-used', 'this nonce was used before')
  await trx.updateTable('nonces').set({ used_at: now.getTime() }).where('nonce', '=', nonce).execute()
  if (row.run_id !== runId) throw new ReinraumError('nonce-unknown', 'this nonce was issued for another run')
  const age = now.getTime() - row.issued_at
  // A negative age means that the clock was set back: how old the nonce is cannot be known.
  if (age < 0 || age >= nonceLifetimeMs) throw new ReinraumError('nonce-expired', 'this nonce is too old')
}
