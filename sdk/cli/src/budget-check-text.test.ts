import type { BudgetCheck } from '@reinraum/client'
import { expect, test } from 'vitest'
import { budgetCheckText, isAffordable } from './budget-check-text.ts'

const check: BudgetCheck = {
  ledger: {
    ...{ keyService: 'keys', slot: 'care', id: `sha256:${'0'.repeat(64)}`, broken: null, locked: null, entries: [], fits: null },
    name: { owner: 'A'.repeat(43), dataset: 'care', period: 2, accounting: 'zcdp' },
    spent: { epsilon: 0, delta: 0 },
    left: { epsilon: 3_796_322, delta: 500_000 },
    budget: { epsilon: 116_463_976, delta: 500_000 },
  },
  cost: { epsilon: 3_796_322, delta: 0 },
  fits: true,
  times: 1,
  wouldFit: null,
}
const broken: BudgetCheck = {
  ...check,
  ledger: { ...check.ledger, broken: 'away\nBudget: (unavailable)' },
  cost: null,
  fits: false,
}

test('a budget is told in the units of its accounting', () => {
  expect(budgetCheckText({ ledgers: [check], unsealed: ['jobs'] })).toBe(
    [
      'Budget:',
      '  care: care, part 2, at keys',
      '    left   ρ 0.003796322, δ 0.0000000005, of ρ 0.116463976, δ 0.0000000005',
      '    costs  ρ 0.003796322, δ 0',
      '    fits   yes, once',
      '  jobs: nothing is sealed yet, so that no ledger is known',
    ].join('\n'),
  )
  expect(budgetCheckText({ ledgers: [], unsealed: [] })).toBe('Budget: no dataset that it reads asks for noise')
})

test('a query is affordable where it fits into every ledger, and into none that is broken', () => {
  expect(isAffordable({ ledgers: [check, check], unsealed: [] })).toBe(true)
  expect(isAffordable({ ledgers: [check, broken], unsealed: [] })).toBe(false)
  expect(budgetCheckText({ ledgers: [broken], unsealed: [] })).toBe(
    'Budget:\n  care: care, part 2, at keys: BROKEN, nothing of it is to be relied on: away Budget: (unavailable)',
  )
})

test('a ledger that is locked says who can change that', () => {
  const locked = { lock: 'set-back', awaited: ['health'] } as const
  const said = budgetCheckText({ ledgers: [{ ...check, ledger: { ...check.ledger, locked }, fits: false }], unsealed: [] })
  expect(said).toContain(
    'fits   NO: nothing is released, locked: a release was shown that the log lacks; health to confirm it with keys restore --confirm',
  )
})
