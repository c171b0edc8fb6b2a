import { keyWrapSuite, type RecordSuite, ReinraumError } from '@reinraum/crypto'
import type { KeysDatabase, KeysTransaction } from './store.ts'
import type { Vault } from './vault.ts'
import { createWrappingKey, useWrappingKey } from './wrapping-key.ts'

/** How L1 is wrapped under L0: AES-256-KWP (RFC 5649), by its name in JWA. */
export const wrappingSuite = keyWrapSuite

type Reader = Pick<KeysTransaction, 'selectFrom'>
export type WrappingKeyRow = KeysDatabase['wrapping_keys']
/** A dataset slot of a contract: what one series of wrapping keys is for. */
export type SlotName = Pick<WrappingKeyRow, 'contract_id' | 'slot'>

/** The slot's wrapping keys that are there, oldest first. */
export function wrappingKeysOf(db: Reader, { contract_id, slot }: SlotName): Promise<WrappingKeyRow[]> {
  const rows = db.selectFrom('wrapping_keys').selectAll().where('contract_id', '=', contract_id).where('slot', '=', slot)
  return rows.orderBy('version').execute()
}

/** The wrapping key that new data keys of the slot are sealed under. */
export async function newestWrappingKey(db: Reader, slot: SlotName): Promise<WrappingKeyRow | undefined> {
  return (await wrappingKeysOf(db, slot)).at(-1)
}

/** Makes the next version of the slot's wrapping key. Every version seals in one suite only. */
export async function addWrappingKey(
  vault: Vault,
  trx: KeysTransaction,
  { contract_id, slot }: SlotName,
  seals: RecordSuite,
  now: Date,
): Promise<WrappingKeyRow> {
  const version = ((await newestWrappingKey(trx, { contract_id, slot }))?.version ?? 0) + 1
  const named = { contract_id, slot, version, suite: wrappingSuite, seals }
  const wrapped = await createWrappingKey(vault.root, wrappingKeyPlace(vault.id, named))
  const row = { ...named, wrapped, created_at: now.getTime() }
  await trx.insertInto('wrapping_keys').values(row).execute()
  return row
}

/**
 * Unwraps a wrapping key for the time of one use.
 * @throws ReinraumError `suite-unsupported`, `decryption-failed`, `key-mismatch` when anything in its row was changed
 */
export async function withWrappingKey<T>(
  vault: Vault,
  row: WrappingKeyRow,
  use: (key: Uint8Array) => T | Promise<T>,
): Promise<T> {
  if (row.suite !== wrappingSuite) throw new ReinraumError('suite-unsupported', 'a wrapping key is wrapped with an unknown suite')
  return useWrappingKey(vault.root, row.wrapped, wrappingKeyPlace(vault.id, row), use)
}

function wrappingKeyPlace(keyService: string, row: Omit<WrappingKeyRow, 'wrapped' | 'created_at'>) {
  const { contract_id: contract, slot, version, suite, seals } = row
  return { v: 'reinraum/wrapping-key-at-rest/v2', keyService, contract, slot, version, suite, seals }
}
