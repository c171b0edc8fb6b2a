import { ReinraumError } from '@reinraum/crypto'
import { KeyImportService } from '@reinraum/proto'
import {
  type ImportKey,
  keyCustodyOf,
  type Manifest,
  type Verified,
  type VerifiedContract,
  verifyImportKey,
} from '@reinraum/statements'
import { verifyKeyService } from './key-services.ts'
import type { Session } from './session.ts'

/**
 * The RSA key to which an HSM may wrap a data key for this key service. The service is verified first, then the key against the
 * keys that the contract pins.
 * @throws ReinraumError those of `verifyKeyService` and `verifyImportKey`
 */
export async function getImportKey(session: Session, contract: VerifiedContract, id: string): Promise<Verified<ImportKey>> {
  await verifyKeyService(session, contract, id)
  const { importKey } = await session.ofKeyService(KeyImportService, id).getImportKey({})
  return verifyImportKey(importKey, contract, { keyService: id, now: session.now() })
}

export interface WrappedKeyImport {
  readonly contract: VerifiedContract
  /** the dataset version that the key opens */
  readonly manifest: Verified<Manifest>
  /** an ephemeral AES-256 key under RSA-OAEP (512 bytes), and behind it the data key under that by AES-KWP */
  readonly wrappedKey: Uint8Array
  /** version of the import key that it was wrapped to; the one in use unless told */
  readonly version?: number
}

/**
 * Hands a data key that the owner's HSM wrapped to the key service that the contract names for its slot.
 * @throws ReinraumError `unsupported` where the slot's key is in shares, `decryption-failed`, `key-mismatch` when it is not the key
 *   that the manifest commits to, `key-unknown` when the import key has ended
 */
export async function importWrappedKey(
  session: Session,
  { contract, manifest, wrappedKey, version }: WrappedKeyImport,
): Promise<{ readonly keyService: string; readonly keyId: string; readonly created: boolean }> {
  const slot = contract.document.slots.find(({ id }) => id === manifest.document.slot)
  const [keyService, ...others] = slot === undefined ? [] : keyCustodyOf(slot).services
  if (keyService === undefined || others.length > 0)
    throw new ReinraumError('unsupported', 'a key in several shares is handed over where it is split, and never wrapped whole')
  if (version !== undefined) await verifyKeyService(session, contract, keyService)
  const used = version ?? (await getImportKey(session, contract, keyService)).document.version
  const request = { contract: contract.bytes, manifest: manifest.bytes, version: used, wrappedKey }
  const { keyId, created } = await session.ofKeyService(KeyImportService, keyService).importWrappedKey(request)
  return { keyService, keyId, created }
}
