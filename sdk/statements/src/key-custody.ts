import { defaultHpkeSuite, type HpkeSuite } from '@reinraum/crypto'
import type { Contract, Slot } from './kinds/contract.ts'

/** Which key services hold the key of a slot, and how many of them it takes: 1 where one holds all of it. */
export interface KeyCustody {
  readonly services: readonly string[]
  readonly threshold: number
}

/** The custody of a slot in one form, whichever way the contract writes it. */
export function keyCustodyOf({ keyService }: Pick<Slot, 'keyService'>): KeyCustody {
  return typeof keyService === 'string' ? { services: [keyService], threshold: 1 } : keyService
}

/**
 * How many of a slot's key services release before a run may go on: as many as its key takes or, where the rule asks for noise,
 * all. Each counts what is spent by itself; if some were left out, now these and now those, each would count a part of it.
 */
export function releasesNeeded(slot: Pick<Slot, 'keyService' | 'rule'>): number {
  const { services, threshold } = keyCustodyOf(slot)
  return slot.rule.differentialPrivacy === undefined ? threshold : services.length
}

/** The suite in which key services seal to the executors of a contract. Nobody negotiates it, so nobody can talk it down. */
export function releaseSuiteOf({ releaseSuite }: Pick<Contract, 'releaseSuite'>): HpkeSuite {
  return releaseSuite ?? defaultHpkeSuite
}
