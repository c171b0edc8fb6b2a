import type { SlotInput } from '@reinraum/policy'
import { type Manifest, rowsPerUnitOf, type Verified, type VerifiedContract, verifyManifest } from '@reinraum/statements'
import type { Session } from './session.ts'

/** The dataset versions published under a contract, each verified here, oldest first. */
export async function listManifests(session: Session, contract: VerifiedContract): Promise<readonly Verified<Manifest>[]> {
  const { manifests } = await session.governance.listManifests({ contractId: contract.id })
  const verified = await Promise.all(manifests.map((bytes) => verifyManifest(bytes, contract, session.now())))
  return verified.sort((a, b) => a.document.slot.localeCompare(b.document.slot) || a.document.version - b.document.version)
}

/**
 * The contract's slots with what their owners state of the newest versions, as the guard takes them. A statement changes no
 * verdict, only the SQL that runs.
 */
export async function slotsAsSealed(session: Session, contract: VerifiedContract): Promise<readonly SlotInput[]> {
  const manifests = await listManifests(session, contract)
  return contract.document.slots.map((slot) => {
    const newest = manifests.findLast(({ document }) => document.slot === slot.id)
    const rowsPerUnit = newest === undefined ? undefined : rowsPerUnitOf(newest.document, slot.rule)
    return rowsPerUnit === undefined ? slot : { ...slot, rowsPerUnit }
  })
}
