import type { HoldBudgetRequest } from '@reinraum/proto'
import { eraseDue } from '../administration/erase.ts'
import { readClaim } from '../release/claim.ts'
import { decideHold } from '../release/decide-hold.ts'
import type { Vault } from '../vault.ts'

/** A denial is that of a release, and recorded as one: the run goes no further. */
export async function holdBudget(vault: Vault, request: HoldBudgetRequest) {
  const claim = readClaim(request)
  const decision = await decideHold(vault, claim)
  const about = { contractId: claim.contractId, runId: claim.runId }
  if (decision.decision === 'denied') {
    const { reason, entry } = decision
    vault.log.warn({ ...about, releaseId: entry.id, reason }, 'keys denied')
    if (reason === 'key-destroyed') await eraseDue(vault)
    return { outcome: { case: 'denied' as const, value: { reasonCode: reason, release: entry.statement } } }
  }
  vault.log.info(about, 'budget held')
  const { nonce, heldForMs } = decision
  return { outcome: { case: 'held' as const, value: { nonce, heldForMs } } }
}
