import {
  canonicalBytes,
  constantTimeEqual,
  openRecord,
  ReinraumError,
  sealRecord,
  shareOverhead,
  zeroise,
} from '@reinraum/crypto'
import type { KeysDatabase, KeysTransaction } from './store.ts'
import type { Vault } from './vault.ts'
import { createWrappingKey, useWrappingKey } from './wrapping-key.ts'

export const dataKeyLength = 32
/** A share of a data key says in its last byte which share it is. */
export const keyShareLength = dataKeyLength + shareOverhead

export interface DataKeyName {
  readonly contractId: string
  readonly slot: string
  readonly manifestId: string
  readonly keyId: string
  readonly owner: string
}

type DataKeyRow = KeysDatabase['data_keys']

/**
 * Stores a data key (L2), or this service's share of one, sealed under its slot's wrapping key (L1).
 * @returns whether it is new; false when the same key stood there already
 * @throws ReinraumError `conflict` when another key stands there, or the key id names another dataset version
 */
export async function storeDataKey(
  vault: Vault,
  trx: KeysTransaction,
  name: DataKeyName,
  key: Uint8Array,
  now: Date,
): Promise<boolean> {
  const existing = await findDataKey(trx, name.contractId, name.manifestId)
  if (existing !== undefined) {
    const stored = await openDataKey(vault, trx, existing)
    try {
      if (existing.key_id !== name.keyId || !constantTimeEqual(stored, key)) {
        throw new ReinraumError('conflict', 'another key was imported for this dataset version')
      }
    } finally {
      zeroise(stored)
    }
    return false
  }
  const taken = trx.selectFrom('data_keys').select('manifest_id').where('contract_id', '=', name.contractId)
  if ((await taken.where('slot', '=', name.slot).where('key_id', '=', name.keyId).executeTakeFirst()) !== undefined) {
    throw new ReinraumError('conflict', 'this key id belongs to another version of the dataset')
  }
  const version = await currentWrappingKey(vault, trx, name, now)
  const row = {
    contract_id: name.contractId,
    slot: name.slot,
    manifest_id: name.manifestId,
    key_id: name.keyId,
    owner: name.owner,
    wrapping_version: version,
    imported_at: now.getTime(),
  }
  const sealed = await withWrappingKey(vault, trx, row, (wrapping) => sealRecord(wrapping, key, dataKeyPlace(vault.id, row)))
  await trx
    .insertInto('data_keys')
    .values({ ...row, sealed })
    .execute()
  return true
}

export async function findDataKey(
  db: Pick<KeysTransaction, 'selectFrom'>,
  contractId: string,
  manifestId: string,
): Promise<DataKeyRow | undefined> {
  return db
    .selectFrom('data_keys')
    .selectAll()
    .where('contract_id', '=', contractId)
    .where('manifest_id', '=', manifestId)
    .executeTakeFirst()
}

/**
 * Opens a data key, or the share of one that was imported in its place; the caller overwrites it.
 * @throws ReinraumError `decryption-failed`, `key-mismatch` when a wrapped key does not belong to its row
 */
export async function openDataKey(vault: Vault, trx: KeysTransaction, row: DataKeyRow): Promise<Uint8Array> {
  const key = await withWrappingKey(vault, trx, row, (wrapping) => openRecord(wrapping, row.sealed, dataKeyPlace(vault.id, row)))
  if (key.length === dataKeyLength || key.length === keyShareLength) return key
  zeroise(key)
  throw new ReinraumError('decryption-failed', 'a stored data key has the wrong length')
}

type WrappedUnder = Pick<DataKeyRow, 'contract_id' | 'slot' | 'wrapping_version'>

async function withWrappingKey<T>(
  vault: Vault,
  trx: KeysTransaction,
  row: WrappedUnder,
  use: (key: Uint8Array) => T,
): Promise<T> {
  const { wrapped } = await trx
    .selectFrom('wrapping_keys')
    .select('wrapped')
    .where('contract_id', '=', row.contract_id)
    .where('slot', '=', row.slot)
    .where('version', '=', row.wrapping_version)
    .executeTakeFirstOrThrow()
  return useWrappingKey(vault.root, wrapped, wrappingKeyPlace(vault.id, row), use)
}

/** The newest wrapping key's version of a slot; the first import of a slot makes version 1. */
async function currentWrappingKey(vault: Vault, trx: KeysTransaction, name: DataKeyName, now: Date): Promise<number> {
  const newest = await trx
    .selectFrom('wrapping_keys')
    .select('version')
    .where('contract_id', '=', name.contractId)
    .where('slot', '=', name.slot)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (newest !== undefined) return newest.version
  const row = { contract_id: name.contractId, slot: name.slot, wrapping_version: 1 }
  const wrapped = await createWrappingKey(vault.root, wrappingKeyPlace(vault.id, row))
  const values = { contract_id: name.contractId, slot: name.slot, version: 1, wrapped, created_at: now.getTime() }
  await trx.insertInto('wrapping_keys').values(values).execute()
  return 1
}

function wrappingKeyPlace(keyService: string, row: WrappedUnder) {
  const { contract_id: contract, slot, wrapping_version: version } = row
  return { v: 'reinraum/wrapping-key-at-rest/v1', keyService, contract, slot, version }
}

/** Everything about a data key that a later decision rests on is authenticated with it. */
function dataKeyPlace(keyService: string, row: Omit<DataKeyRow, 'sealed'>): Uint8Array {
  const { contract_id: contract, slot, manifest_id: manifest, key_id: key, owner, wrapping_version: version } = row
  return canonicalBytes({ v: 'reinraum/data-key-at-rest/v1', keyService, contract, slot, manifest, key, owner, version })
}
