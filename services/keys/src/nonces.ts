import { judgeNonce } from '@reinraum/attestation'
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
  const found = await trx.selectFrom('nonces').selectAll().where('nonce', '=', nonce).executeTakeFirst()
  // The index finds by comparison; what decides is compared in constant time.
  const row = found !== undefined && constantTimeEqual(fromBase64url(found.nonce), fromBase64url(nonce)) ? found : undefined
  if (row?.used_at === null) await trx.updateTable('nonces').set({ used_at: now.getTime() }).where('nonce', '=', nonce).execute()
  const record = row && { purpose: row.run_id, issuedAt: row.issued_at, used: row.used_at !== null }
  const verdict = judgeNonce(record, { purpose: runId, now: now.getTime(), lifetimeMs: nonceLifetimeMs })
  switch (verdict) {
    case 'fresh':
      return
    case 'unknown':
      throw new ReinraumError('nonce-unknown', 'this nonce was not issued here, or for another run')
    case 'used':
      throw new ReinraumError('nonce-used', 'this nonce was used before')
    case 'expired':
      throw new ReinraumError('nonce-expired', 'this nonce is too old')
  }
}
