import { type AnalysisRule, accessPeriods, analysisRuleSchema, ruleModes } from '@reinraum/statements'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isAtLeastAsStrict } from '../testing/strictness.ts'
import { compose, composeAll } from './compose.ts'
import { type Restrictions, restrictionsOf } from './restrictions.ts'

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const members = fc.uniqueArray(fc.constantFrom('air', 'bird', 'clinic', 'school'), { minLength: 1 })
const reviewers = fc.uniqueArray(
  fc.record({ member: fc.constantFrom('air', 'bird', 'clinic'), mode: fc.constantFrom('approve', 'inspect') }),
  { selector: (r) => r.member },
)
const accessBudget = fc.uniqueArray(
  fc.record({ period: fc.constantFrom(...accessPeriods), max: fc.integer({ min: 1, max: 3 }) }),
  {
    selector: (b) => b.period,
    minLength: 1,
  },
)
const join = fc.oneof(
  fc.record({ condition: fc.constant('any'), with: members }),
  fc.record({ condition: fc.constantFrom('notRequired', 'any') }),
  fc.record({ condition: fc.constant('blocked') }),
  fc.record({ condition: fc.constant('all'), with: members, operators: fc.constantFrom(['or'], ['or', 'and']) }),
)
const noise = {
  epsilonBudget: 4,
  deltaBudget: 0,
  maxEpsilonPerQuery: 1,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
  refresh: 'never',
}
const output = fc.record({
  minimumGroupSize: fc.integer({ min: 2, max: 50 }),
  maxRows: fc.integer({ min: 1, max: 100 }),
  maxBytes: optional(fc.integer({ min: 1024, max: 4096 })),
  complementarySuppression: optional(fc.boolean()),
  differencing: optional(fc.constant('suppressRow')),
  rounding: optional(fc.oneof(fc.constantFrom(0.000001, 0.25, 1.5, 2.5, 5, 1_000_000_000), fc.integer({ min: 1, max: 30 }))),
})
/** Any well-formed rule, by the schema's own word, as one of three slots has it. */
const restrictions: fc.Arbitrary<Restrictions> = fc
  .record({
    slot: fc.constantFrom('flights', 'patients', 'strikes'),
    owner: fc.constantFrom('air', 'bird', null),
    isPublic: fc.boolean(),
    modes: fc.uniqueArray(fc.constantFrom(...ruleModes), { minLength: 1 }),
    output,
    scalarFunctions: optional(fc.uniqueArray(fc.constantFrom('levenshtein', 'md5', 'soundex'))),
    join: optional(join),
    differentialPrivacy: optional(fc.constant(noise)),
    accessBudget: optional(accessBudget),
    results: optional(fc.record({ recipients: members, reviewers: optional(reviewers) }, { requiredKeys: ['recipients'] })),
  })
  .map(({ slot, owner, isPublic, ...parts }) => {
    // what is said of joins and of noise needs a privacy unit
    const { differencing, ...asked } = parts.output
    const compares = !isPublic && asked.complementarySuppression !== false
    const whole = { ...parts, output: compares ? parts.output : asked }
    const apart = isPublic ? { ...whole, join: undefined, differentialPrivacy: undefined } : whole
    const said = Object.fromEntries(Object.entries(apart).filter(([, part]) => part !== undefined))
    const required = { version: 1, columns: { x: { dimension: true, join: true } }, approvals: { by: ['air'], threshold: 'all' } }
    const rule = { ...required, ...said, privacyUnit: isPublic ? 'none' : { column: 'x' } }
    return { slot, owner, rule: analysisRuleSchema.parse(JSON.parse(JSON.stringify(rule))) }
  })
  .map(({ slot, owner, rule }) => restrictionsOf({ id: slot, owner, rule, unit: rule.privacyUnit === 'none' ? null : 'x' }))
const composed = fc.array(restrictions, { minLength: 1, maxLength: 2 }).map(composeAll)

describe('the restrictions of several owners', () => {
  test('do not depend on the order in which they are composed', () => {
    const holds = fc.property(composed, composed, (a, b) => {
      expect(compose(a, b)).toEqual(compose(b, a))
    })
    fc.assert(holds)
  })

  test('do not depend on how they are grouped', () => {
    const holds = fc.property(composed, composed, composed, (a, b, c) => {
      expect(compose(a, compose(b, c))).toEqual(compose(compose(a, b), c))
    })
    fc.assert(holds)
  })

  test('do not change when one is composed with itself', () => {
    const holds = fc.property(composed, (a) => {
      expect(compose(a, a)).toEqual(a)
    })
    fc.assert(holds)
  })

  test('are never looser than any part', () => {
    const holds = fc.property(fc.array(restrictions, { minLength: 1, maxLength: 5 }), (parts) => {
      const all = composeAll(parts)
      for (const part of parts) expect(isAtLeastAsStrict(all, part)).toBe(true)
    })
    fc.assert(holds)
  })

  test('are never stricter than all parts ask for', () => {
    const holds = fc.property(composed, composed, composed, (a, b, c) => {
      const stricterThanBoth = compose(compose(a, b), c)
      expect(isAtLeastAsStrict(stricterThanBoth, compose(a, b))).toBe(true)
      if (isAtLeastAsStrict(c, a) && isAtLeastAsStrict(c, b)) expect(isAtLeastAsStrict(c, compose(a, b))).toBe(true)
      if (isAtLeastAsStrict(a, b)) expect(compose(a, b)).toEqual(a)
    })
    fc.assert(holds)
  })
})

describe('the strictest of two', () => {
  const base: AnalysisRule = {
    version: 1,
    modes: ['aggregation'],
    privacyUnit: { column: 'x' },
    columns: {},
    output: { minimumGroupSize: 5, maxRows: 10 },
    approvals: { by: ['air'], threshold: 'all' },
  }
  const one = (change: Partial<AnalysisRule>, id = 'flights') =>
    restrictionsOf({ id, owner: 'air', rule: { ...base, ...change }, unit: change.privacyUnit === 'none' ? null : 'x' })
  const rounded = (rounding: number) => one({ output: { ...base.output, rounding } })

  test('roundings is a multiple of both, in exact decimals', () => {
    expect(compose(rounded(0.1), rounded(0.25)).rounding).toBe('0.5')
    expect(compose(rounded(3), rounded(5)).rounding).toBe('15')
    expect(compose(rounded(1.5), rounded(2.5)).rounding).toBe('7.5')
    expect(compose(rounded(0.000001), rounded(1_000_000_000)).rounding).toBe('1000000000')
    expect(compose(rounded(10), one({})).rounding).toBe('10')
  })

  test('reviewers looks at the result if one of them wants that', () => {
    const reviewed = (mode: 'approve' | 'inspect') =>
      one({ results: { recipients: ['bird'], reviewers: [{ member: 'bird', mode }] } })
    expect(compose(reviewed('approve'), reviewed('inspect')).reviewers).toEqual([{ member: 'bird', mode: 'inspect' }])
  })

  test('kinds of queries leaves the approved ones where one owner allows any', () => {
    expect(compose(one({ modes: ['template'] }), one({ modes: ['aggregation'] })).modes).toEqual(['template'])
    expect(compose(one({ modes: ['overlap'] }), one({ modes: ['aggregation'] })).modes).toEqual([])
  })

  test('group sizes is one of a protected dataset, whatever public ones say', () => {
    const open = one({ privacyUnit: 'none', modes: ['template'], output: { minimumGroupSize: 50, maxRows: 7 } })
    expect(compose(open, one({}))).toMatchObject({ minimumGroupSize: 5, maxRows: 7, modes: ['aggregation', 'template'] })
    expect(open.minimumGroupSize).toBeNull()
  })

  test('access budgets is both, each with its own dataset', () => {
    const limited = (id: string) => one({ accessBudget: [{ period: 'day', max: 3 }] }, id)
    expect(compose(limited('strikes'), limited('flights')).accessBudgets.map((b) => b.slot)).toEqual(['flights', 'strikes'])
  })
})
