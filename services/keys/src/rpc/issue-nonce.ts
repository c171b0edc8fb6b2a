import type { IssueNonceRequest } from '@reinraum/proto'
import { rememberTime } from '../clock.ts'
import { issueNonce as issue, runPurpose } from '../nonces.ts'
import type { Vault } from '../vault.ts'

export async function issueNonce(vault: Vault, { runId }: IssueNonceRequest) {
  const { nonce, expiresAt } = await vault.store.transaction(async (trx) => {
    const now = vault.now()
    await rememberTime(trx, now)
    return issue(vault, trx, runPurpose(runId), now)
  })
  return { nonce, expiresAt: BigInt(expiresAt) }
}
