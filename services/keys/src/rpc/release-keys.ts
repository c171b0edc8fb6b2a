import type { ReleaseKeysRequest } from '@reinraum/proto'
import { eraseDue } from '../administration/erase.ts'
import { readClaim } from '../release/claim.ts'
import { decideRelease } from '../release/decide.ts'
import type { Vault } from '../vault.ts'

/** A denial is an answer, not an error: it carries the signed log entry that records it. */
export async function releaseKeys(vault: Vault, request: ReleaseKeysRequest) {
  const claim = readClaim(request)
  const decision = await decideRelease(vault, claim)
  const about = { contractId: claim.contractId, runId: claim.runId, releaseId: decision.entry.id }
  const release = decision.entry.statement
  if (decision.decision === 'denied') {
    vault.log.warn({ ...about, reason: decision.reason }, 'keys denied')
    // Somebody still asks for it: what is due is destroyed now, not when the timer says so.
    if (decision.reason === 'key-destroyed') await eraseDue(vault)
    return { outcome: { case: 'denied' as const, value: { reasonCode: decision.reason, release } } }
  }
  vault.log.info({ ...about, slots: decision.keys.map(({ slot }) => slot) }, 'keys released')
  const leaseExpiresAt = BigInt(decision.leaseExpiresAt)
  const histories = decision.histories.map(({ sealedKey, named }) => ({ slot: named.slot, sealedKey }))
  const value = { keys: [...decision.keys], histories, release, leaseExpiresAt }
  return { outcome: { case: 'released' as const, value } }
}
