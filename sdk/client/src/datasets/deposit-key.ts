import { canonicalBytes, fromBase64url, hpkeSeal, splitSecret, utf8, zeroise } from '@reinraum/crypto'
import { withRetry } from '@reinraum/rpc'
import { keyCustodyOf, parseStatement, type Slot, type VerifiedContract } from '@reinraum/statements'
import { type KeyServiceVerification, verifyKeyService } from '../key-services.ts'
import { patience } from '../patient.ts'
import type { Session } from '../session.ts'

/** The verified key services that a slot's key goes to, and how many of them it takes to have it back. */
export interface VerifiedCustody {
  readonly services: readonly KeyServiceVerification[]
  readonly threshold: number
}

/**
 * Verifies every key service that a slot's key goes to, before anything is sealed.
 * @throws ReinraumError `key-mismatch`, `evidence-contraindicated`, `unavailable`
 */
export async function verifyCustody(session: Session, contract: VerifiedContract, slot: Slot): Promise<VerifiedCustody> {
  const { services, threshold } = keyCustodyOf(slot)
  return { services: await Promise.all(services.map((id) => verifyKeyService(session, contract, id))), threshold }
}

export interface KeyDeposit {
  readonly contract: VerifiedContract
  /** the signed manifest that the key is for */
  readonly manifest: Uint8Array
  /** 32 bytes; the caller overwrites them */
  readonly dataKey: Uint8Array
}

/**
 * Seals a dataset version's key to the key service that was verified, or a share of it to each of several, and hands it over.
 *
 * The shares are made once for each call: a service that is unavailable for a moment is handed the same share again, which
 * changes nothing where it had arrived. When one of them does not take its share in the end, the others hold shares of a key that
 * nobody will ever use: repeating means a new key and a new manifest, because fresh shares of the same key would not fit those.
 * @throws ReinraumError what the first key service that did not take its share said
 */
export async function depositKey(session: Session, custody: VerifiedCustody, deposit: KeyDeposit): Promise<void> {
  const { contract, manifest } = deposit
  const sealed = await sealToEach(custody, deposit)
  const handOver = (id: string, sealedKey: Uint8Array) =>
    withRetry(() => session.keyService(id).importKey({ contract: contract.bytes, manifest, sealedKey }), patience)
  // Every answer is waited for, so that an attempt that has failed is over.
  const answers = await Promise.allSettled(sealed.map(({ id, sealedKey }) => handOver(id, sealedKey)))
  const refused = answers.find((answer) => answer.status === 'rejected')
  if (refused !== undefined) throw refused.reason
}

async function sealToEach({ services, threshold }: VerifiedCustody, { manifest, dataKey }: KeyDeposit) {
  const binding = { info: utf8('reinraum/import/v1'), aad: utf8(parseStatement(manifest).id) }
  const parts =
    services.length === 1 ? [Uint8Array.from(dataKey)] : await splitSecret(dataKey, { shares: services.length, threshold })
  try {
    return await Promise.all(
      services.map(async ({ id, keys }, index) => {
        const sealed = await hpkeSeal(fromBase64url(keys.hpke.publicKey), parts[index] as Uint8Array, binding)
        return { id, sealedKey: canonicalBytes(sealed) }
      }),
    )
  } finally {
    zeroise(...parts)
  }
}
