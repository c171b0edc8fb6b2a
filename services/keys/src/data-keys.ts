import {
  canonicalBytes,
  constantTimeEqual,
  defaultRecordSuite,
  openRecord,
  ReinraumError,
  recordSuiteOf,
  sealRecord,
  shareOverhead,
  zeroise,
} from '@reinraum/crypto'
import { requireBelow } from './quotas.ts'
import type { KeysDatabase, KeysTransaction } from './store.ts'
import type { Vault } from './vault.ts'
import { addWrappingKey, newestWrappingKey, type WrappingKeyRow, withWrappingKey } from './wrapping-keys.ts'

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

export type DataKeyRow = KeysDatabase['data_keys']

/**
 * Stores a data key (L2), or this service's share of one, sealed under its slot's newest wrapping key (L1).
 * @returns the version that it is sealed under when it is new; undefined when the same key stood there already
 * @throws ReinraumError `conflict` when another key stands there, or the key id names another dataset version;
 *   `key-destroyed` when its owner had it destroyed,
 *   `resource-exhausted` when the owner has as many keys under this contract as the quota allows
 */
export async function storeDataKey(
  vault: Vault,
  trx: KeysTransaction,
  name: DataKeyName,
  key: Uint8Array,
  now: Date,
): Promise<number | undefined> {
  await requireNotDestroyed(trx, name)
  const existing = await findDataKey(trx, name.contractId, name.manifestId)
  if (existing !== undefined) {
    await requireSameKey(vault, trx, existing, name, key)
    return undefined
  }
  const taken = trx.selectFrom('data_keys').select('manifest_id').where('contract_id', '=', name.contractId)
  if ((await taken.where('slot', '=', name.slot).where('key_id', '=', name.keyId).executeTakeFirst()) !== undefined) {
    throw new ReinraumError('conflict', 'this key id belongs to another version of the dataset')
  }
  await requireQuota(vault, trx, name)
  const slot = { contract_id: name.contractId, slot: name.slot }
  const wrapping = (await newestWrappingKey(trx, slot)) ?? (await addWrappingKey(vault, trx, slot, defaultRecordSuite, now))
  const row = {
    ...slot,
    manifest_id: name.manifestId,
    key_id: name.keyId,
    owner: name.owner,
    imported_at: now.getTime(),
  }
  const sealed = await withWrappingKey(vault, wrapping, (open) => sealUnder(vault, open, wrapping, row, key))
  await trx.insertInto('data_keys').values(sealed).execute()
  return wrapping.version
}

async function requireQuota(vault: Vault, trx: KeysTransaction, { contractId, owner }: DataKeyName): Promise<void> {
  const theirs = trx.selectFrom('data_keys').where('contract_id', '=', contractId).where('owner', '=', owner)
  const { count } = await theirs.select(trx.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
  requireBelow(count, vault.quotas.dataKeysPerOwner, 'data keys of one owner under one contract')
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
 * @throws ReinraumError `decryption-failed`, `suite-unsupported`, `key-mismatch` when a key does not belong to its row
 */
export async function openDataKey(vault: Vault, trx: KeysTransaction, row: DataKeyRow): Promise<Uint8Array> {
  const wrapping = await trx
    .selectFrom('wrapping_keys')
    .selectAll()
    .where('contract_id', '=', row.contract_id)
    .where('slot', '=', row.slot)
    .where('version', '=', row.wrapping_version)
    .executeTakeFirst()
  if (wrapping === undefined) throw new ReinraumError('decryption-failed', 'the wrapping key of a data key is gone')
  return withWrappingKey(vault, wrapping, (open) => openUnder(vault, open, wrapping, row))
}

/** As `openDataKey`, with the wrapping key of its row. */
export function openUnder(vault: Vault, open: Uint8Array, wrapping: WrappingKeyRow, row: DataKeyRow): Uint8Array {
  const suite = recordSuiteOf(row.suite)
  if (wrapping.seals !== suite)
    throw new ReinraumError('key-mismatch', 'a data key is sealed in another suite than its wrapping key has')
  const key = openRecord(open, row.sealed, dataKeyPlace(vault.id, row), suite)
  if (key.length === dataKeyLength || key.length === keyShareLength) return key
  zeroise(key)
  throw new ReinraumError('decryption-failed', 'a stored data key has the wrong length')
}

/** The row of a data key, sealed under this wrapping key. */
export function sealUnder(
  vault: Vault,
  open: Uint8Array,
  wrapping: WrappingKeyRow,
  name: Omit<DataKeyRow, 'wrapping_version' | 'suite' | 'sealed'>,
  key: Uint8Array,
): DataKeyRow {
  const suite = recordSuiteOf(wrapping.seals)
  const row = { ...name, wrapping_version: wrapping.version, suite }
  return { ...row, sealed: sealRecord(open, key, dataKeyPlace(vault.id, row), suite) }
}

/** The owner said that this key shall be gone: it does not come back under its name, nor under its dataset version. */
async function requireNotDestroyed(trx: KeysTransaction, { contractId, slot, manifestId, keyId }: DataKeyName): Promise<void> {
  const found = await trx
    .selectFrom('destructions')
    .select('manifest_id')
    .where('contract_id', '=', contractId)
    .where((eb) => eb.or([eb('manifest_id', '=', manifestId), eb.and([eb('slot', '=', slot), eb('key_id', '=', keyId)])]))
    .executeTakeFirst()
  if (found !== undefined) throw new ReinraumError('key-destroyed', 'the owner of this key had it destroyed')
}

async function requireSameKey(
  vault: Vault,
  trx: KeysTransaction,
  existing: DataKeyRow,
  name: DataKeyName,
  key: Uint8Array,
): Promise<void> {
  const stored = await openDataKey(vault, trx, existing)
  try {
    if (existing.key_id !== name.keyId || !constantTimeEqual(stored, key)) {
      throw new ReinraumError('conflict', 'another key was imported for this dataset version')
    }
  } finally {
    zeroise(stored)
  }
}

/** Everything about a data key that a later decision rests on is authenticated with it. */
function dataKeyPlace(keyService: string, row: Omit<DataKeyRow, 'sealed'>): Uint8Array {
  const { contract_id: contract, slot, manifest_id: manifest, key_id: key, owner, wrapping_version: version, suite } = row
  return canonicalBytes({ v: 'reinraum/data-key-at-rest/v2', keyService, contract, slot, manifest, key, owner, version, suite })
}
