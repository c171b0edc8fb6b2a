import {
  canonicalBytes,
  concatBytes,
  type DigestId,
  fromHex,
  openRecord,
  ReinraumError,
  recordSuiteOf,
  sealRecord,
  toHex,
  zeroise,
} from '@reinraum/crypto'
import type { KeysDatabase, KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { type SlotName, type WrappingKeyRow, withWrappingKey } from '../wrapping-keys.ts'

export type HistoryRow = KeysDatabase['histories']

/** A history that is open, and what its row keeps of it: sealed together, so that whoever writes to the disk moves no end. */
export interface OpenHistory {
  /** 32 bytes; whoever opened it overwrites it */
  readonly key: Uint8Array
  readonly entries: number
  /** of all sealed entries */
  readonly bytes: number
  readonly head: DigestId
}

const keyLength = 32
const headLength = 32

/** @throws ReinraumError `history-unreadable` when it was closed; `decryption-failed`, `suite-unsupported`, `key-mismatch` */
export async function openHistoryRow(vault: Vault, trx: KeysTransaction, row: HistoryRow): Promise<OpenHistory> {
  const wrapping = await wrappingKeyOf(trx, row)
  return withWrappingKey(vault, wrapping, (open) => openUnder(vault, open, wrapping, row))
}

export async function wrappingKeyOf(trx: KeysTransaction, row: HistoryRow): Promise<WrappingKeyRow> {
  if (row.wrapping_version === null) throw new ReinraumError('history-unreadable', 'this history was closed')
  const keys = trx.selectFrom('wrapping_keys').selectAll().where('contract_id', '=', row.contract_id)
  const found = await keys.where('slot', '=', row.slot).where('version', '=', row.wrapping_version).executeTakeFirst()
  if (found === undefined) throw new ReinraumError('decryption-failed', 'the wrapping key of a history is gone')
  return found
}

export function openUnder(vault: Vault, open: Uint8Array, wrapping: WrappingKeyRow, row: HistoryRow): OpenHistory {
  if (row.sealed === null || row.suite === null) throw new ReinraumError('history-unreadable', 'this history was closed')
  const suite = recordSuiteOf(row.suite)
  if (wrapping.seals !== suite)
    throw new ReinraumError('key-mismatch', 'a history is sealed in another suite than its wrapping key has')
  const record = openRecord(open, row.sealed, placeAtRest(vault.id, row, wrapping), suite)
  try {
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
    const at = keyLength + headLength
    return {
      key: Uint8Array.from(record.subarray(0, keyLength)),
      head: `sha256:${toHex(record.subarray(keyLength, at))}`,
      entries: view.getUint32(at),
      bytes: view.getUint32(at + 4),
    }
  } finally {
    zeroise(record)
  }
}

export function sealUnder(
  vault: Vault,
  open: Uint8Array,
  wrapping: WrappingKeyRow,
  { contract_id, slot }: SlotName,
  { key, head, entries, bytes }: OpenHistory,
): HistoryRow {
  const suite = recordSuiteOf(wrapping.seals)
  const numbers = new DataView(new ArrayBuffer(8))
  numbers.setUint32(0, entries)
  numbers.setUint32(4, bytes)
  const record = concatBytes(key, fromHex(head.slice('sha256:'.length)), new Uint8Array(numbers.buffer))
  try {
    const sealed = sealRecord(open, record, placeAtRest(vault.id, { contract_id, slot }, wrapping), suite)
    return { contract_id, slot, wrapping_version: wrapping.version, suite, sealed, closed_at: null }
  } finally {
    zeroise(record)
  }
}

function placeAtRest(keyService: string, { contract_id: contract, slot }: SlotName, { version, seals: suite }: WrappingKeyRow) {
  return canonicalBytes({ v: 'reinraum/history-at-rest/v1', keyService, contract, slot, version, suite })
}
