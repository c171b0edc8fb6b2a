import type { SlotInput } from '@reinraum/policy'
import { type Manifest, type Verified, type VerifiedContract, verifyManifest, withRowsStated } from '@reinraum/statements'
import type { Session } from './session.ts'

/** The dataset versions published under a contract, each verified here, oldest first. */
export async function listManifests(session: Session, contract: VerifiedContract): Promise<readonly Verified<Manifest>[]> {
  const { manifests } = await session.governance.listManifests({ contractId: contract.id })
  const verified = await Promise.all(manifests.map((bytes) => verifyManifest(bytes, contract, session.now())))
  return verified.sort((a, b) => a.document.slot.localeCompare(b.document.slot) || a.document.version - b.document.version)
}

/**
 * The contract's slots with what their owners state of the newest versions, as the guard takes them. A statement
 * changes the SQL that runs and, where a query of noise counts no rows, how its ε is shared.
 */
export async function slotsAsSealed(session: Session, contract: VerifiedContract): Promise<readonly SlotInput[]> {
  const manifests = await listManifests(session, contract)
  return contract.document.slots.map((slot) => {
    const newest = manifests.findLast(({ document }) => document.slot === slot.id)
    return withRowsStated(slot, newest?.document)
  })
}
