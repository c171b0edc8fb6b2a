import { type Manifest, type Verified, type VerifiedContract, verifyManifest } from '@reinraum/statements'
import type { Session } from './session.ts'

/** The dataset versions published under a contract, each verified here, oldest first. */
export async function listManifests(session: Session, contract: VerifiedContract): Promise<readonly Verified<Manifest>[]> {
  const { manifests } = await session.governance.listManifests({ contractId: contract.id })
  const verified = await Promise.all(manifests.map((bytes) => verifyManifest(bytes, contract, session.now())))
  return verified.sort((a, b) => a.document.slot.localeCompare(b.document.slot) || a.document.version - b.document.version)
}
