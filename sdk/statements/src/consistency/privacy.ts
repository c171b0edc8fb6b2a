import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import type { Contract, Slot } from '../kinds/contract.ts'
import type { Query } from '../kinds/query.ts'
import type { DifferentialPrivacy } from '../parts/differential-privacy.ts'
import { faultLine } from '../parts/explain-rule.ts'
import type { Privacy } from '../parts/privacy-loss.ts'

/** Why a query may not run over its datasets with what it spends. */
export interface PrivacyFault {
  readonly code: Extract<ErrorCode, 'privacy-missing' | 'privacy-over-maximum' | 'invalid-statement'>
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
  return asking.flatMap((slot) => faultsAt(slot.id, slot.noise, privacy))
}

function faultsAt(slot: Slot['id'], noise: DifferentialPrivacy, { epsilon, delta }: Privacy): readonly PrivacyFault[] {
  const faults: PrivacyFault[] = []
  const fault = (code: PrivacyFault['code'], part: keyof Privacy, message: string) =>
    faults.push({ code, message: faultLine(['privacy', part], message) })
  const { maxEpsilonPerQuery, deltaBudget, mechanism, accounting } = noise
  if (epsilon > maxEpsilonPerQuery)
    fault('privacy-over-maximum', 'epsilon', `is more than ${slot} allows one query; write ${maxEpsilonPerQuery} at most`)
  if (delta > deltaBudget)
    fault('privacy-over-maximum', 'delta', `is more than the whole deltaBudget of ${slot}; write ${deltaBudget} at most`)
  if (delta === 0 && mechanism === 'discreteGaussian' && accounting === 'basic')
    fault('privacy-missing', 'delta', `is 0, and the noise of ${slot} is discreteGaussian; write a small one, such as 1e-9`)
  return faults
}

/** @throws ReinraumError `privacy-missing`, `privacy-over-maximum`, `invalid-statement` */
export function assertPrivacy(query: Pick<Query, 'privacy' | 'slots'>, contract: Pick<Contract, 'slots'>): void {
  const [fault] = privacyFaults(query, contract)
  if (fault !== undefined) throw new ReinraumError(fault.code, fault.message)
}
