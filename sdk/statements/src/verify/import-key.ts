import { ReinraumError } from '@reinraum/crypto'
import { openStatement } from '../jws.ts'
import type { ImportKey } from '../kinds/import-key.ts'
import { asVerified, expectKind, type Verified, type VerifiedContract } from '../verified.ts'
import { assertContractInForce } from './contract.ts'
import { assertSignedByKeyService } from './key-service-statement.ts'
import { assertInForce } from './validity.ts'

/**
 * Verifies the key to which an owner's HSM is about to wrap: signed by the key service that the owner means, with the keys that
 * the contract pins for it, and in force. Needs nothing but the contract.
 * Throws `key-mismatch` when it is another key service's, `expired`, `not-yet-valid`, `unknown-member`, `signature-invalid`,
 * `signature-missing`, `invalid-statement`.
 */
export async function verifyImportKey(
  bytes: Uint8Array,
  contract: VerifiedContract,
  { keyService, now }: { readonly keyService: string; readonly now: Date },
): Promise<Verified<ImportKey>> {
  assertContractInForce(contract, now)
  const opened = expectKind(openStatement(bytes), 'reinraum/import-key/v1')
  if (opened.document.keyService !== keyService)
    throw new ReinraumError('key-mismatch', `this is an import key of ${opened.document.keyService}, not of ${keyService}`)
  await assertSignedByKeyService(opened, keyService, contract.document)
  assertInForce('import key', opened.document.validity, now)
  return asVerified(opened)
}
