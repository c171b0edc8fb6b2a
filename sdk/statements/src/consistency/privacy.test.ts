import { describe, expect, test } from 'vitest'
import type { Contract } from '../kinds/contract.ts'
import { explainRule } from '../parts/explain-rule.ts'
import { privacySchema } from '../parts/privacy-loss.ts'
import { privacyFaults } from './privacy.ts'

const noise = {
  epsilonBudget: 4,
  deltaBudget: 1e-6,
  maxEpsilonPerQuery: 1,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
  refresh: 'never',
} as const
const slot = (id: string, differentialPrivacy?: object) => ({ id, rule: { differentialPrivacy } })
const contractOf = (...slots: object[]) => ({ slots }) as unknown as Contract
const contract = contractOf(slot('visits', noise), slot('places'), slot('jobs', { ...noise, maxEpsilonPerQuery: 0.5 }))

describe('what a query says of privacy', () => {
  const faults = (privacy: { epsilon: number; delta: number } | undefined, slots: string[], of = contract) =>
    privacyFaults({ slots, ...(privacy === undefined ? {} : { privacy }) }, of)
  const { epsilon, delta } = { epsilon: 0.5, delta: 0 }

  test('is missing where a dataset asks for noise', () => {
    expect(faults(undefined, ['places', 'visits'])).toEqual([
      {
        code: 'privacy-missing',
        message: 'privacy: is missing, and the rule of visits asks for noise; add privacy: {epsilon: …, delta: …}',
      },
    ])
    expect(faults({ epsilon, delta }, ['places', 'visits'])).toEqual([])
  })

  test('is out of place where none does', () => {
    expect(faults(undefined, ['places'])).toEqual([])
    expect(faults({ epsilon, delta }, ['places'])).toEqual([
      { code: 'invalid-statement', message: 'privacy: is said of datasets of which none asks for noise; leave it out' },
    ])
  })

  test('is no more than each dataset that is read lets one query spend', () => {
    expect(faults({ epsilon: 0.5, delta }, ['jobs', 'visits'])).toEqual([])
    expect(faults({ epsilon: 0.500001, delta }, ['visits'])).toEqual([])
    expect(faults({ epsilon: 0.500001, delta: 2e-6 }, ['jobs', 'visits'])).toEqual([
      {
        code: 'privacy-over-maximum',
        message: 'privacy.delta: is more than queries on visits may spend in all; write 0.000001 at most',
      },
      { code: 'privacy-over-maximum', message: 'privacy.epsilon: is more than jobs allows one query; write 0.5 at most' },
    ])
  })

  test('has a δ where the noise cannot do without', () => {
    const gaussian = { ...noise, mechanism: 'discreteGaussian' }
    expect(faults({ epsilon, delta: 0 }, ['visits'], contractOf(slot('visits', gaussian)))).toEqual([
      {
        code: 'privacy-missing',
        message: 'privacy.delta: is 0, and the noise of visits is discreteGaussian; write a small one, such as 1e-9',
      },
    ])
    expect(faults({ epsilon, delta: 1e-9 }, ['visits'], contractOf(slot('visits', gaussian)))).toEqual([])
    const zcdp = { ...gaussian, accounting: 'zcdp' }
    expect(faults({ epsilon, delta: 0 }, ['visits'], contractOf(slot('visits', zcdp)))).toEqual([])
  })

  test('fits what its accounting counts by', () => {
    const zcdp = contractOf(slot('visits', { ...noise, accounting: 'zcdp' }))
    expect(faults({ epsilon: 0.000001, delta: 0 }, ['visits'], zcdp)).toEqual([
      {
        code: 'invalid-statement',
        message: 'privacy.epsilon: is less than what the accounting of visits counts by; write more',
      },
    ])
    // Half of the δ is for the conversion of ρ.
    expect(faults({ epsilon, delta: 6e-7 }, ['visits'], zcdp)).toEqual([
      {
        code: 'privacy-over-maximum',
        message: 'privacy.delta: is more than queries on visits may spend in all; write 0.0000005 at most',
      },
    ])
  })
})

describe('an amount of privacy loss', () => {
  const read = (privacy: object) => {
    const parsed = privacySchema.safeParse(privacy)
    return parsed.success ? [] : explainRule(parsed.error)
  }

  test('lies on the grid that ledgers count by', () => {
    for (const epsilon of [0.000001, 0.1, 0.3, 1 / 2, 999.999999, 1000]) expect(read({ epsilon, delta: 0 })).toEqual([])
    for (const delta of [0, 1e-15, 1e-9, 1.5e-14, 0.01]) expect(read({ epsilon: 1, delta })).toEqual([])
    const finer = 'is finer than 0.000001; write six digits after the point at most'
    for (const epsilon of [0.0000001, 0.1 + 0.2, 1 / 3, 1.0000005]) {
      expect(read({ epsilon, delta: 0 })).toEqual([`epsilon: ${finer}`])
    }
    for (const delta of [1e-16, 1.5e-15, 1 / 300]) {
      expect(read({ epsilon: 1, delta })).toEqual(['delta: is finer than 1e-15; write fifteen digits after the point at most'])
    }
  })

  test('is positive, and no more than protects anybody', () => {
    expect(read({ epsilon: 0, delta: 0 })).toEqual(['epsilon: must be more than 0; a common budget is 1 to 10'])
    expect(read({ epsilon: 1001, delta: 1 })).toEqual([
      'epsilon: is no protection; write 1000 at most',
      'delta: is no protection; write 0.01 at most',
    ])
    expect(read({ epsilon: 1 })).toEqual(['delta: is missing; add it (number)'])
  })
})
