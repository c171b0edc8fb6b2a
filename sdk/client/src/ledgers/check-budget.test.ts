import { type Charge, nothing, type PrivacyRule } from '@reinraum/privacy'
import { expect, test } from 'vitest'
import { checkLedger } from './check-budget.ts'
import type { LedgerRecord } from './read-ledgers.ts'

const rule: PrivacyRule = {
  epsilonBudget: 1,
  deltaBudget: 1e-9,
  maxEpsilonPerQuery: 0.5,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
}
const charge = (epsilon: number): Charge => ({ epsilon, delta: 0 })

function check(spent: number, epsilon: number | undefined, broken: string | null = null, locked: LedgerRecord['locked'] = null) {
  const left = broken === null ? { epsilon: 1_000_000 - spent, delta: 1_000_000 } : nothing
  const ledger = { spent: charge(broken === null ? spent : 0), left, fits: null, broken, locked } as unknown as LedgerRecord
  const { ledger: _, ...said } = checkLedger(ledger, rule, epsilon === undefined ? undefined : { epsilon, delta: 0 })
  return said
}

test('a query that fits is told how many like it do, and costs what key services would debit', () => {
  expect(check(0, 0.3)).toEqual({ cost: charge(300_000), fits: true, times: 3, wouldFit: null })
  expect(check(700_000, 0.3)).toEqual({ cost: charge(300_000), fits: true, times: 1, wouldFit: null })
})

test('a query for which too little is left is told what would fit', () => {
  const wouldFit = { epsilon: 0.299999, delta: 0 }
  expect(check(700_001, 0.3)).toEqual({ cost: charge(300_000), fits: false, times: 0, wouldFit })
  expect(check(1_000_000, 0.3)).toMatchObject({ fits: false, wouldFit: null })
})

test('nothing fits into a ledger that is not to be relied on, though nothing of it seems to be spent', () => {
  expect(check(0, 0.3, 'the key service is away')).toMatchObject({ cost: null, fits: false, times: 0 })
})

test('what is over the maximum, or says nothing, has no cost and does not fit', () => {
  expect(check(0, 0.6)).toMatchObject({ cost: null, fits: false, times: 0 })
  expect(check(0, undefined)).toMatchObject({ cost: null, fits: false, times: 0 })
})

test('nothing fits while the key service is locked, whatever is left', () => {
  const locked = { lock: 'set-back', awaited: ['health'] } as const
  expect(check(0, 0.3, null, locked)).toEqual({ cost: charge(300_000), fits: false, times: 0, wouldFit: null })
})
