import { canonicalBytes, fromBase64url, hpkeSeal, ReinraumError, utf8 } from '@reinraum/crypto'
import { keyCustodyOf, parseStatement, type Slot, type VerifiedContract } from '@reinraum/statements'
import { type KeyServiceVerification, verifyKeyService } from '../key-services.ts'
import type { Session } from '../session.ts'

/**
 * Verifies every key service that a slot's key goes to, before anything is sealed.
 * @throws ReinraumError `key-mismatch`, `evidence-contraindicated`, `unavailable`
 */
export async function verifyCustody(
  session: Session,
  contract: VerifiedContract,
  slot: Slot,
): Promise<readonly KeyServiceVerification[]> {
  const { services } = keyCustodyOf(slot)
  return Promise.all(services.map((id) => verifyKeyService(session, contract, id)))
}

/** Seals a dataset version's key to the key services that were verified, and hands it to them. */
export async function depositKey(
  session: Session,
  custody: readonly KeyServiceVerification[],
  {
    contract,
    manifest,
    dataKey,
  }: { readonly contract: VerifiedContract; readonly manifest: Uint8Array; readonly dataKey: Uint8Array },
): Promise<void> {
  const [only] = custody
  if (only === undefined || custody.length !== 1) throw new ReinraumError('unsupported', 'a key in several shares')
  const binding = { info: utf8('reinraum/import/v1'), aad: utf8(parseStatement(manifest).id) }
  const sealedKey = await hpkeSeal(fromBase64url(only.keys.hpke.publicKey), dataKey, binding)
  await session.keyService(only.id).importKey({ contract: contract.bytes, manifest, sealedKey: canonicalBytes(sealedKey) })
}
