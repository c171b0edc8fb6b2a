import { constantTimeEqual, keyCheckValue, ReinraumError, utf8 } from '@reinraum/crypto'
import {
  beginning,
  type DigestId,
  entryDigest,
  eventDigest,
  type LedgerEnd,
  type LedgerEntry,
  type LedgerEvent,
  type LedgerName,
} from '@reinraum/statements'
import type { KeysDatabase, KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'

export type LedgerRow = KeysDatabase['ledger_entries']
type Reader = Pick<KeysTransaction, 'selectFrom'>
type Keeper = Pick<Vault, 'id' | 'identity'>

/** An entry of this service's, with what it is for. */
export interface OwnEntry {
  readonly entry: LedgerEntry
  readonly event: LedgerEvent
  readonly digest: DigestId
}

/**
 * Where a ledger ends. The balance is what its last entry says, whose digest commits to all others; that this service wrote it
 * says its seal, because the store lies on a disk that others may write.
 * @throws ReinraumError `ledger-broken`
 */
export async function endOfLedger(vault: Keeper, db: Reader, ledger: DigestId): Promise<LedgerEnd> {
  const rows = db.selectFrom('ledger_entries').selectAll().where('ledger', '=', ledger)
  return endOf(vault, ledger, await rows.orderBy('sequence', 'desc').limit(1).executeTakeFirst())
}

/** Where a ledger ends whose last row is this one. @throws ReinraumError `ledger-broken` */
export function endOf(vault: Keeper, ledger: DigestId, last: LedgerRow | undefined): LedgerEnd {
  if (last === undefined) return beginning({ keyService: vault.id, ledger })
  const { entry, digest } = openRow(vault, last)
  return { sequence: entry.sequence, digest, charged: entry.charged, spent: entry.spent }
}

/** @throws ReinraumError `ledger-broken` for a row that this service did not write */
export function openRow(vault: Keeper, row: LedgerRow): OwnEntry {
  const { contract_id: contract, run_id: run, slot, manifest_id: manifest } = row
  const origin =
    row.origin_digest === null
      ? null
      : { digest: row.origin_digest, spent: { epsilon: row.origin_epsilon ?? 0, delta: row.origin_delta ?? 0 } }
  const event: LedgerEvent = { contract, run, slot, manifest, at: new Date(row.decided_at).toISOString(), origin }
  const entry: LedgerEntry = {
    sequence: row.sequence,
    kind: origin === null ? 'debit' : 'entered',
    charge: { epsilon: row.charge_epsilon, delta: row.charge_delta },
    charged: { epsilon: row.charged_epsilon, delta: row.charged_delta },
    spent: { epsilon: row.spent_epsilon, delta: row.spent_delta },
    event: eventDigest(event),
  }
  const digest = entryDigest({ keyService: vault.id, ledger: row.ledger }, row.previous, entry)
  if (!constantTimeEqual(row.seal, sealOf(vault, digest)))
    throw new ReinraumError('ledger-broken', 'an entry of a ledger is not as this service wrote it')
  return { entry, event, digest }
}

/** The row of an entry that follows a ledger's end. */
export function rowOf(
  vault: Keeper,
  { name: { owner, dataset, period }, id: ledger }: { readonly name: LedgerName; readonly id: DigestId },
  previous: DigestId,
  { entry, event, digest }: OwnEntry,
): LedgerRow {
  const { charge, charged, spent, sequence } = entry
  return {
    ...{ ledger, sequence, previous, digest, seal: sealOf(vault, digest), owner, dataset, period },
    ...{ charge_epsilon: charge.epsilon, charge_delta: charge.delta },
    ...{ charged_epsilon: charged.epsilon, charged_delta: charged.delta },
    ...{ spent_epsilon: spent.epsilon, spent_delta: spent.delta },
    ...{ contract_id: event.contract, run_id: event.run, slot: event.slot, manifest_id: event.manifest },
    decided_at: Date.parse(event.at),
    origin_digest: event.origin?.digest ?? null,
    origin_epsilon: event.origin?.spent.epsilon ?? null,
    origin_delta: event.origin?.spent.delta ?? null,
  }
}

function sealOf({ identity }: Keeper, digest: DigestId): Uint8Array {
  return keyCheckValue(identity.ledgerKey, utf8(digest))
}
