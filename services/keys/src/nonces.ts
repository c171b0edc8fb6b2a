import { judgeNonce } from '@reinraum/attestation'
import { constantTimeEqual, fromBase64url, ReinraumError, randomBytes, toBase64url } from '@reinraum/crypto'
import { requireBelow } from './quotas.ts'
import type { KeysTransaction } from './store.ts'
import type { Vault } from './vault.ts'

export const nonceLifetimeMs = 120_000
/** Used and expired nonces stay this long, so that a replay is called by its name. */
const memoryMs = 300_000
/** Bounds the table: an executor that does nothing but ask for nonces cannot fill the disk. */
export const maximumNonces = 20_000

declare const purposeBrand: unique symbol
/** What a nonce is good for. One for one purpose is unknown for every other. */
export type NoncePurpose = string & { readonly [purposeBrand]: true }

/** The release of keys to one run. */
export function runPurpose(runId: string): NoncePurpose {
  return runId as NoncePurpose
}

/** No run's id begins like this: all are `sha256:` and digits. */
const identities = 'workload-identity:'

/** An identity under one contract. */
export function identityPurpose(contractId: string): NoncePurpose {
  return `${identities}${contractId}` as NoncePurpose
}

/**
 * A fresh nonce for one purpose: 32 random bytes, single use.
 * @throws ReinraumError `resource-exhausted` when too many are outstanding
 */
export async function issueNonce(
  { quotas }: Pick<Vault, 'quotas'>,
  trx: KeysTransaction,
  purpose: NoncePurpose,
  now: Date,
): Promise<{ nonce: Uint8Array; expiresAt: number }> {
  const issuedAt = now.getTime()
  await trx
    .deleteFrom('nonces')
    .where((eb) => eb.or([eb('issued_at', '<', issuedAt - memoryMs), eb('issued_at', '>', issuedAt + memoryMs)]))
    .execute()
  const kept = trx.selectFrom('nonces').select(trx.fn.countAll<number>().as('count'))
  requireBelow((await kept.executeTakeFirstOrThrow()).count, maximumNonces, 'nonces')
  if (purpose.startsWith(identities)) {
    const forIdentities = kept.where('purpose', '>=', identities).where('purpose', '<', `${identities}~`)
    requireBelow((await forIdentities.executeTakeFirstOrThrow()).count, quotas.identityNonces, 'nonces for identities')
  }
  const outstanding = kept
    .where('purpose', '=', purpose)
    .where('issued_at', '>', issuedAt - nonceLifetimeMs)
    .where('used_at', 'is', null)
  requireBelow((await outstanding.executeTakeFirstOrThrow()).count, quotas.noncesPerPurpose, 'unused nonces for one purpose')
  const nonce = randomBytes(32)
  await trx
    .insertInto('nonces')
    .values({ nonce: toBase64url(nonce), purpose, issued_at: issuedAt, used_at: null })
    .execute()
  return { nonce, expiresAt: issuedAt + nonceLifetimeMs }
}

/**
 * Uses a nonce up. It stays used whatever the later steps decide.
 * @throws ReinraumError `nonce-unknown` (also one issued for another purpose), `nonce-used`, `nonce-expired`
 */
export async function consumeNonce(trx: KeysTransaction, nonce: string, purpose: NoncePurpose, now: Date): Promise<void> {
  const found = await trx.selectFrom('nonces').selectAll().where('nonce', '=', nonce).executeTakeFirst()
  // The index finds by comparison; what decides is compared in constant time.
  const row = found !== undefined && constantTimeEqual(fromBase64url(found.nonce), fromBase64url(nonce)) ? found : undefined
  if (row?.used_at === null) await trx.updateTable('nonces').set({ used_at: now.getTime() }).where('nonce', '=', nonce).execute()
  const record = row && { purpose: row.purpose, issuedAt: row.issued_at, used: row.used_at !== null }
  const verdict = judgeNonce(record, { purpose, now: now.getTime(), lifetimeMs: nonceLifetimeMs })
  switch (verdict) {
    case 'fresh':
      return
    case 'unknown':
      throw new ReinraumError('nonce-unknown', 'this nonce was not issued here, or for another purpose')
    case 'used':
      throw new ReinraumError('nonce-used', 'this nonce was used before')
    case 'expired':
      throw new ReinraumError('nonce-expired', 'this nonce is too old')
  }
}
