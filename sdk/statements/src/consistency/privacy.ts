import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import { budgetOf, chargeOf, decimalOf, deltaPlaces, type SpendingReason } from '@reinraum/privacy'
import type { Contract, Slot } from '../kinds/contract.ts'
import type { Query } from '../kinds/query.ts'
import type { DifferentialPrivacy } from '../parts/differential-privacy.ts'
import { faultLine } from '../parts/explain-rule.ts'
import type { Privacy } from '../parts/privacy-loss.ts'

/** Why a query may not run over its datasets with what it spends. */
export interface PrivacyFault {
  readonly code: Extract<ErrorCode, 'privacy-missing' | 'privacy-over-maximum' | 'invalid-statement' | 'budget-exhausted'>
  /** `path: what is wrong; how to fix it` */
  readonly message: string
}

/**
 * What a query says of ε and δ against the rules of the datasets that it names, as far as that can be told without its SQL.
 * Whether the noise that it asks for costs no more is for the guard to say, and whether that much is left for key services.
 */
export function privacyFaults(
  { privacy, slots }: Pick<Query, 'privacy' | 'slots'>,
  contract: Pick<Contract, 'slots'>,
): readonly PrivacyFault[] {
  const asking = contract.slots.flatMap(({ id, rule }) =>
    slots.includes(id) && rule.differentialPrivacy !== undefined ? [{ id, noise: rule.differentialPrivacy }] : [],
  )
  const [first] = asking
  if (first === undefined) {
    const message = faultLine(['privacy'], 'is said of datasets of which none asks for noise; leave it out')
    return privacy === undefined ? [] : [{ code: 'invalid-statement', message }]
  }
  if (privacy === undefined) {
    const message = `is missing, and the rule of ${first.id} asks for noise; add privacy: {epsilon: …, delta: …}`
    return [{ code: 'privacy-missing', message: faultLine(['privacy'], message) }]
  }
  return asking.flatMap(({ id, noise }) => {
    const priced = chargeOf(noise, privacy)
    return priced.outcome === 'charge' ? [] : [faultOf(id, noise, priced.code)]
  })
}

function faultOf(slot: Slot['id'], noise: DifferentialPrivacy, reason: SpendingReason): PrivacyFault {
  const fault = (part: keyof Privacy, message: string) => {
    return { code: codeOfSpending(reason), message: faultLine(['privacy', part], message) }
  }
  switch (reason) {
    case 'epsilon-over-maximum':
      return fault('epsilon', `is more than ${slot} allows one query; write ${noise.maxEpsilonPerQuery} at most`)
    case 'epsilon-too-small':
      return fault('epsilon', `is less than what the accounting of ${slot} counts by; write more`)
    case 'delta-over-budget': {
      const most = decimalOf(budgetOf(noise).delta, deltaPlaces)
      return fault('delta', `is more than queries on ${slot} may spend in all; write ${most} at most`)
    }
    case 'delta-missing':
      return fault('delta', `is 0, and the noise of ${slot} is ${noise.mechanism}; write a small one, such as 1e-9`)
    case 'delta-malformed':
      return fault('delta', 'is no amount that ledgers count; write fifteen digits after the point at most')
    // What is left is nothing that a query alone tells.
    case 'budget-exhausted':
    case 'epsilon-malformed':
      return fault('epsilon', 'is no amount that ledgers count; write six digits after the point at most')
  }
}

/** Under which reason code a query is refused whose spending the accounting refuses. */
export function codeOfSpending(reason: SpendingReason): PrivacyFault['code'] {
  switch (reason) {
    case 'budget-exhausted':
      return 'budget-exhausted'
    case 'epsilon-over-maximum':
    case 'delta-over-budget':
      return 'privacy-over-maximum'
    case 'delta-missing':
      return 'privacy-missing'
    case 'epsilon-malformed':
    case 'epsilon-too-small':
    case 'delta-malformed':
      return 'invalid-statement'
  }
}

/** @throws ReinraumError `privacy-missing`, `privacy-over-maximum`, `invalid-statement` */
export function assertPrivacy(query: Pick<Query, 'privacy' | 'slots'>, contract: Pick<Contract, 'slots'>): void {
  const [fault] = privacyFaults(query, contract)
  if (fault !== undefined) throw new ReinraumError(fault.code, fault.message)
}
