import { isReinraumError } from '@reinraum/crypto'
import {
  type Contract,
  entryDigest,
  followingEntry,
  type LedgerEvent,
  type Release,
  type ReleasedEntry,
  releasedEntries,
} from '@reinraum/statements'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { rememberLedgers } from './contracts-of-ledger.ts'
import { endOfLedger, type LedgerRow, type OwnEntry, openRow, rowOf } from './ledger-rows.ts'

/**
 * Enters the debits that a release of this service's says it made, and that the ledgers lack: at once, whatever log it stands in,
 * because other contracts may spend from the same ledgers. They come to the end, in the order in which they are shown; what is
 * spent is the same in any order. A ledger that is broken stays as it is, and nothing is debited from it.
 * @returns how many were entered
 */
export async function enterShown(
  vault: Vault,
  trx: KeysTransaction,
  release: Release,
  contract: Pick<Contract, 'members' | 'slots'>,
): Promise<number> {
  let entered = 0
  for (const shown of await releasedEntries(release, contract)) {
    if (await stands(vault, trx, shown)) continue
    if (await enter(vault, trx, shown)) entered += 1
  }
  return entered
}

/** Whether the very entry is here, or was entered before. A row that this service did not write is none. */
async function stands(vault: Vault, trx: KeysTransaction, { place, after }: ReleasedEntry): Promise<boolean> {
  const rows = await trx
    .selectFrom('ledger_entries')
    .selectAll()
    .where('ledger', '=', place.ledger)
    .where((eb) => eb.or([eb('digest', '=', after), eb('origin_digest', '=', after)]))
    .execute()
  return rows.some((row) => {
    const own = openOwn(vault, row)
    return own !== undefined && (own.digest === after || own.event.origin?.digest === after)
  })
}

async function enter(vault: Vault, trx: KeysTransaction, shown: ReleasedEntry): Promise<boolean> {
  const { name, place, entry, event, after } = shown
  const end = await endOfLedger(vault, trx, place.ledger).catch(noneIfBroken)
  if (end === undefined) {
    vault.log.error({ ledger: place.ledger }, 'a debit was shown that a ledger lacks which is broken: nothing is debited from it')
    return false
  }
  const again: LedgerEvent = { ...event, origin: { digest: after, spent: entry.spent } }
  const following = followingEntry(end, { charge: entry.charge, event: again })
  const digest = entryDigest(place, end.digest, following)
  const row = rowOf(vault, { name, id: place.ledger }, end.digest, { entry: following, event: again, digest })
  await trx.insertInto('ledger_entries').values(row).execute()
  await rememberLedgers(trx, event.contract, [place.ledger])
  return true
}

function openOwn(vault: Vault, row: LedgerRow): OwnEntry | undefined {
  try {
    return openRow(vault, row)
  } catch (error) {
    return noneIfBroken(error)
  }
}

function noneIfBroken(error: unknown): undefined {
  if (isReinraumError(error) && error.code === 'ledger-broken') return undefined
  throw error
}
