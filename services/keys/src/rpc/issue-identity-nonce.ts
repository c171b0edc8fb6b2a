import type { IssueIdentityNonceRequest } from '@reinraum/proto'
import { rememberTime } from '../clock.ts'
import { verifiedContract } from '../contracts.ts'
import { identityPurpose, issueNonce } from '../nonces.ts'
import type { Vault } from '../vault.ts'

/** A nonce for an identity, under a contract that is known here. */
export async function issueIdentityNonce(vault: Vault, { contractId }: IssueIdentityNonceRequest) {
  const { nonce, expiresAt } = await vault.store.transaction(async (trx) => {
    const now = vault.now()
    await rememberTime(trx, now)
    await verifiedContract(trx, contractId)
    return issueNonce(vault, trx, identityPurpose(contractId), now)
  })
  return { nonce, expiresAt: BigInt(expiresAt) }
}
