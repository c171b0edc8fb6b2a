import { ReinraumError } from '@reinraum/crypto'
import { openStatement } from '../jws.ts'
import { keyCustodyOf } from '../key-custody.ts'
import type { Contract } from '../kinds/contract.ts'
import type { Release } from '../kinds/release.ts'
import { entryDigest } from '../ledger/entry.ts'
import { releasedEntries } from '../ledger/released-entries.ts'
import { asVerified, expectKind, type Verified, type VerifiedContract } from '../verified.ts'
import { assertSignedByKeyService } from './key-service-statement.ts'

/**
 * Verifies a key service's decision about a run: signed by the key service that it names, about slots whose keys that
 * service holds. It records what happened, so the contract need not be in force any more.
 * Throws `contract-mismatch`, `unknown-member`, `invalid-statement`, `signature-invalid`, `signature-missing`.
 */
export async function verifyRelease(bytes: Uint8Array, contract: VerifiedContract): Promise<Verified<Release>> {
  const opened = expectKind(openStatement(bytes), 'reinraum/release/v1')
  const release = opened.document
  if (release.contract !== contract.id) throw new ReinraumError('contract-mismatch', 'the release belongs to another contract')
  await assertSignedByKeyService(opened, release.keyService, contract.document)
  if (release.outcome.decision === 'released') {
    assertOwnSlots(release.outcome.datasets, release.keyService, contract.document)
    await assertLedgerEntries(release, contract.document)
  }
  return asVerified(opened)
}

function assertOwnSlots(datasets: readonly { readonly slot: string }[], keyService: string, contract: Contract): void {
  const slots = datasets.map((dataset) => dataset.slot)
  const own = slots.every((id) =>
    contract.slots.some((slot) => slot.id === id && keyCustodyOf(slot).services.includes(keyService)),
  )
  if (!own || new Set(slots).size !== slots.length) {
    throw new ReinraumError('invalid-statement', `the release names a slot twice, or one whose key ${keyService} does not hold`)
  }
}

/** Each debit is of one of the release's own slots, and its digest that of the entry which the release describes. */
async function assertLedgerEntries(release: Release, contract: Contract): Promise<void> {
  const entries = await releasedEntries(release, contract)
  const whole = entries.every(({ place, entry, before, after }) => entryDigest(place, before, entry) === after)
  if (!whole || new Set(entries.map(({ place }) => place.ledger)).size !== entries.length)
    throw new ReinraumError('invalid-statement', 'the release describes another ledger entry than it names, or one twice')
}
