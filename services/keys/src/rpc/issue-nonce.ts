import type { IssueNonceRequest } from '@reinraum/proto'
import { issueNonce as issue } from '../nonces.ts'
import type { Vault } from '../vault.ts'

export async function issueNonce(vault: Vault, { runId }: IssueNonceRequest) {
  const { nonce, expiresAt } = await vault.store.transaction((trx) => issue(trx, runId, vault.now()))
  return { nonce, expiresAt: BigInt(expiresAt) }
}
