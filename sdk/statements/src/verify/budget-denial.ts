import { ReinraumError } from '@reinraum/crypto'
import { keyCustodyOf } from '../key-custody.ts'
import type { Contract } from '../kinds/contract.ts'
import type { Release } from '../kinds/release.ts'
import type { Shortfall } from '../parts/ledger-amounts.ts'
import type { Verified, VerifiedContract } from '../verified.ts'
import { verifyRelease } from './release.ts'

/** Bytes of one signed denial as it is passed on with the run that it ended: as many as 60 parts of a dataset take. */
const maximumDenialBytes = 32 * 1024

/** What a key service signed of ledgers in which a run's query does not fit. */
export interface BudgetDenial {
  readonly release: Verified<Release>
  /** of slots whose keys that key service holds, each part of a dataset once */
  readonly shortfalls: readonly Shortfall[]
}

/**
 * Verifies that a key service denied this very run because too little of a budget was left, and reads what it says is left.
 * @throws ReinraumError those of `verifyRelease`; `invalid-statement` for another decision, another run's, or one that tells of
 * datasets which are not that key service's to count
 */
export async function verifyBudgetDenial(bytes: Uint8Array, contract: VerifiedContract, run: string): Promise<BudgetDenial> {
  if (bytes.length > maximumDenialBytes) throw new ReinraumError('invalid-statement', 'the denial is too long')
  const release = await verifyRelease(bytes, contract)
  const { outcome, keyService } = release.document
  if (release.document.run !== run) throw new ReinraumError('invalid-statement', 'the denial is of another run')
  if (outcome.decision !== 'denied' || outcome.reason !== 'budget-exhausted' || outcome.budget === undefined)
    throw new ReinraumError('invalid-statement', 'the release denies nothing for want of a budget')
  const { budget } = outcome
  const parts = new Set(budget.map(({ slot, period }) => `${slot} ${period}`))
  if (parts.size !== budget.length || !budget.every((shortfall) => isCountedBy(keyService, shortfall, contract.document)))
    throw new ReinraumError(
      'invalid-statement',
      `the denial tells of a budget twice, or of one that ${keyService} does not count`,
    )
  return { release, shortfalls: budget }
}

function isCountedBy(keyService: string, { slot: id, accounting }: Shortfall, { slots }: Contract): boolean {
  const slot = slots.find((candidate) => candidate.id === id)
  if (slot === undefined || slot.rule.differentialPrivacy?.accounting !== accounting) return false
  return keyCustodyOf(slot).services.includes(keyService)
}
