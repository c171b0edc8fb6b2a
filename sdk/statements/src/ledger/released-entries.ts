import { ReinraumError } from '@reinraum/crypto'
import type { Contract } from '../kinds/contract.ts'
import type { Release } from '../kinds/release.ts'
import type { DigestId } from '../parts/identifiers.ts'
import { eventDigest, type LedgerEntry, type LedgerEvent } from './entry.ts'
import { type LedgerName, type LedgerPlace, ledgerId, ledgerNameOf } from './ledger.ts'

/** An entry of a ledger, as the release that it was made for says it. */
export interface ReleasedEntry {
  readonly name: LedgerName
  readonly place: LedgerPlace
  readonly entry: LedgerEntry
  readonly event: LedgerEvent
  readonly before: DigestId
  readonly after: DigestId
}

/**
 * The ledger entries that a release made; none for a denial, and where no rule asks for noise.
 * @throws ReinraumError `invalid-statement` when it debits a slot whose key it does not release
 */
export async function releasedEntries(
  { keyService, contract: contractId, run, outcome, decidedAt }: Release,
  contract: Pick<Contract, 'members' | 'slots'>,
): Promise<readonly ReleasedEntry[]> {
  if (outcome.decision === 'denied') return []
  return Promise.all(
    (outcome.ledger ?? []).map(async (debit) => {
      const { slot, sequence, before, after, charge, charged, spent } = debit
      const manifest = outcome.datasets.find((dataset) => dataset.slot === slot)?.manifest
      if (manifest === undefined)
        throw new ReinraumError('invalid-statement', 'the release debits a slot that it does not release')
      const name = await ledgerNameOf(contract, slot, debit)
      const event: LedgerEvent = { contract: contractId, run, slot, manifest, at: decidedAt, origin: null }
      const entry: LedgerEntry = { sequence, kind: 'debit', charge, charged, spent, event: eventDigest(event) }
      return { name, place: { keyService, ledger: ledgerId(name) }, entry, event, before, after }
    }),
  )
}
