import { ReinraumError } from '@reinraum/crypto'
import { openStatement } from '../jws.ts'
import type { TrustBundle } from '../kinds/trust-bundle.ts'
import { asVerified, expectKind, type Verified, type VerifiedContract } from '../verified.ts'
import { assertSignedByKeyService } from './key-service-statement.ts'
import { stateAt } from './validity.ts'

/**
 * Verifies a key service's trust bundle: signed by the key service that it names, which the contract names too, and not past
 * the time by which it is to be fetched again. The certificates in it are for whoever uses them to read.
 * Throws `unknown-member`, `expired`, `signature-invalid`, `signature-missing`.
 */
export async function verifyTrustBundle(
  bytes: Uint8Array,
  contract: VerifiedContract,
  now: Date,
): Promise<Verified<TrustBundle>> {
  const opened = expectKind(openStatement(bytes), 'reinraum/trust-bundle/v1')
  const bundle = opened.document
  await assertSignedByKeyService(opened, bundle.keyService, contract.document)
  // A reader whose clock runs a little behind loses nothing by reading it early.
  if (stateAt({ notBefore: bundle.issuedAt, notAfter: bundle.refreshBy }, now) === 'over') {
    throw new ReinraumError('expired', `the trust bundle was to be fetched again by ${bundle.refreshBy}`)
  }
  return asVerified(opened)
}
