import { isReinraumError } from '@reinraum/crypto'
import type { RenewLeaseRequest } from '@reinraum/proto'
import { rememberTime } from '../clock.ts'
import { renewLease as renew } from '../leases.ts'
import type { Vault } from '../vault.ts'

/** Everything but a failure of this service itself is an answer with a reason: the run has to end. */
export async function renewLease(vault: Vault, { runId }: RenewLeaseRequest) {
  try {
    vault.clock.requireSound()
    const expiresAt = await vault.store.transaction(async (trx) => {
      const now = vault.now()
      await rememberTime(trx, now)
      return renew(trx, runId, now)
    })
    return { outcome: { case: 'leaseExpiresAt' as const, value: BigInt(expiresAt) } }
  } catch (error) {
    if (!isReinraumError(error) || error.code === 'internal' || error.code === 'storage-full') throw error
    vault.log.warn({ runId, reason: error.code }, 'lease ended')
    return { outcome: { case: 'deniedReasonCode' as const, value: error.code } }
  }
}
