import { fromBase64url, type JsonValue, maximumShares, ReinraumError, toBase64url } from '@reinraum/crypto'
import type { Store, Transaction } from '@reinraum/kit'
import { z } from 'zod'
import type { KeysDatabase } from '../../store.ts'

const base64url = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .min(minimum)
    .max(maximum)

/** What lies beside a backup: the root key's check, and each holder's share, sealed to the holder, with its commitment. */
const recoverySchema = z.strictObject({
  threshold: z.int().min(2).max(maximumShares),
  check: base64url(22, 128),
  shares: z
    .array(
      z.strictObject({
        holder: base64url(43, 43),
        fingerprint: base64url(43, 43),
        sealed: base64url(1, 64 * 1024),
        commitment: base64url(22, 128),
      }),
    )
    .min(2)
    .max(maximumShares),
})

/** Without it a backup opens only for who has kept the shares elsewhere: those in the database are under the key that they make. */
export async function recoveryOf(store: Store<KeysDatabase>): Promise<JsonValue> {
  const key = await store.db.selectFrom('root_key').select(['threshold', 'key_check']).executeTakeFirst()
  const shares = await store.db.selectFrom('unseal_shares').selectAll().orderBy('holder').execute()
  return {
    threshold: key?.threshold ?? 0,
    check: toBase64url(key?.key_check ?? new Uint8Array()),
    shares: shares.map(({ holder, fingerprint, sealed, commitment }) => ({
      holder,
      fingerprint,
      sealed: toBase64url(sealed),
      commitment: toBase64url(commitment),
    })),
  }
}

/**
 * Takes the people of a backup over. Nothing of this is authentic yet; who altered it has a backup that nobody opens, because
 * it is part of what the backup's content is bound to.
 */
export async function adoptSharing(trx: Transaction<KeysDatabase>, recovery: JsonValue): Promise<void> {
  const parsed = recoverySchema.safeParse(recovery)
  if (!parsed.success) throw new ReinraumError('unreadable-input', 'the backup does not say who unseals it')
  const { threshold, check, shares } = parsed.data
  const rows = shares.map(({ holder, fingerprint, sealed, commitment }) => ({
    holder,
    fingerprint,
    sealed: fromBase64url(sealed),
    commitment: fromBase64url(commitment),
  }))
  await trx.deleteFrom('unseal_shares').execute()
  await trx.deleteFrom('root_key').execute()
  await trx
    .insertInto('root_key')
    .values({ id: 1, kind: 'shares', threshold, key_check: fromBase64url(check) })
    .execute()
  await trx.insertInto('unseal_shares').values(rows).execute()
}
