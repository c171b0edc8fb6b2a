import { ReinraumError } from '@reinraum/crypto'
import { openStatement } from '../jws.ts'
import type { Administration } from '../kinds/administration.ts'
import { asVerified, expectKind, type Verified, type VerifiedContract } from '../verified.ts'
import { assertSignedByKeyService } from './key-service-statement.ts'

/**
 * Verifies a key service's record of an act on its keys: signed by the key service that it names. It records what happened,
 * so the contract need not be in force any more.
 * Throws `contract-mismatch`, `unknown-member`, `invalid-statement`, `signature-invalid`, `signature-missing`.
 */
export async function verifyAdministration(bytes: Uint8Array, contract: VerifiedContract): Promise<Verified<Administration>> {
  const opened = expectKind(openStatement(bytes), 'reinraum/administration/v1')
  const { contract: named, keyService } = opened.document
  if (named !== contract.id) throw new ReinraumError('contract-mismatch', 'the record belongs to another contract')
  await assertSignedByKeyService(opened, keyService, contract.document)
  return asVerified(opened)
}
