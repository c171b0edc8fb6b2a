import type { MessageInitShape } from '@bufbuild/protobuf'
import { type KeyDescriptionSchema, KeyState, type SlotDescriptionSchema } from '@reinraum/proto'
import { findDataKey } from '../data-keys.ts'
import { knownRevocations } from '../revocations.ts'
import type { KeysTransaction } from '../store.ts'
import { type SlotName, wrappingKeysOf } from '../wrapping-keys.ts'
import { type DestructionRow, destructionOf } from './destructions.ts'
import { minimumVersion } from './minimum-version.ts'

type Described = MessageInitShape<typeof KeyDescriptionSchema>

/** As many keys as one answer holds. */
export const keysPerPage = 500

/** One page of the owner's keys, by manifest id: those that are there, and what is left of those that were destroyed. */
export async function describeKeys(
  trx: KeysTransaction,
  { contractId, owner, after }: { readonly contractId: string; readonly owner: string; readonly after: string },
): Promise<{ readonly keys: Described[]; readonly more: boolean }> {
  const owned = (from: 'data_keys' | 'destructions') =>
    trx.selectFrom(from).select('manifest_id').where('contract_id', '=', contractId).where('owner', '=', owner)
  const rows = await owned('data_keys')
    .where('manifest_id', '>', after)
    .union(owned('destructions').where('manifest_id', '>', after))
    .orderBy('manifest_id')
    .limit(keysPerPage + 1)
    .execute()
  const keys: Described[] = []
  for (const { manifest_id } of rows.slice(0, keysPerPage)) keys.push(await describeKey(trx, contractId, manifest_id))
  return { keys, more: rows.length > keysPerPage }
}

/** What became of a key that is here, or was. */
export async function describeKey(trx: KeysTransaction, contractId: string, manifestId: string): Promise<Described> {
  const key = await findDataKey(trx, contractId, manifestId)
  const destruction = await destructionOf(trx, contractId, manifestId)
  const row = key ?? destruction
  if (row === undefined) throw new Error('a key was listed that is not here')
  const { count } = await trx
    .selectFrom('released_keys')
    .select(trx.fn.countAll<number>().as('count'))
    .where('contract_id', '=', contractId)
    .where('manifest_id', '=', manifestId)
    .executeTakeFirstOrThrow()
  const revocations = await knownRevocations(trx, contractId, new Map([[manifestId, row.owner]]))
  return {
    keyId: row.key_id,
    slot: row.slot,
    manifestId,
    state: stateOf(destruction),
    wrappingVersion: key?.wrapping_version ?? 0,
    suite: key?.suite ?? '',
    importedAt: BigInt(row.imported_at),
    releases: count,
    revoked: revocations.some(({ document: { target } }) => target.type !== 'member' || target.member === row.owner),
    destructionDueAt: BigInt(destruction?.due_at ?? 0),
    destroyedAt: BigInt(destruction?.destroyed_at ?? 0),
  }
}

/** The wrapping keys of a slot; undefined before anything was imported. */
export async function describeSlot(
  trx: KeysTransaction,
  slot: SlotName,
): Promise<MessageInitShape<typeof SlotDescriptionSchema> | undefined> {
  const rows = await wrappingKeysOf(trx, slot)
  const newest = rows.at(-1)
  if (newest === undefined) return undefined
  return {
    slot: slot.slot,
    versions: rows.map(({ version }) => version),
    minimumVersion: await minimumVersion(trx, slot),
    suite: newest.seals,
    wrappingSuite: newest.suite,
  }
}

function stateOf(destruction: DestructionRow | undefined): KeyState {
  if (destruction === undefined) return KeyState.ACTIVE
  return destruction.destroyed_at === null ? KeyState.DESTRUCTION_SCHEDULED : KeyState.DESTROYED
}
