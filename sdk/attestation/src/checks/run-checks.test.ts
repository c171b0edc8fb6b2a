import { expect, it } from 'vitest'
import type { SnpClaims } from '../snp/claims.ts'
import { conclude } from './conclude.ts'
import { type CheckRule, failed, notAsked, type Outcome, passed, waived } from './outcome.ts'
import { runChecks } from './run-checks.ts'

type Name = 'length' | 'product' | 'debug'

const claims = { tee: 'snp' } as SnpClaims

function rulesOf(outcomes: Record<Name, Outcome>, needs: Partial<Record<Name, Name[]>> = {}): CheckRule<Name, null>[] {
  return (Object.keys(outcomes) as Name[]).map((name) => ({
    name,
    claim: 'configuration',
    needs: needs[name] ?? [],
    run: () => outcomes[name],
  }))
}

function concludeFrom(rules: CheckRule<Name, null>[], vendorRoot = true) {
  return conclude(runChecks(rules, null), {
    tee: 'snp',
    authentic: ['length'],
    endorsing: ['product'],
    vendorRoot,
    claims: () => claims,
    paravisor: null,
    observed: () => ({ series: '1' }),
  })
}

const good = { length: passed(''), product: passed(''), debug: passed('') }

it('where every check passes, the result is affirming, and tells what it saw', () => {
  expect(concludeFrom(rulesOf(good))).toMatchObject({
    status: 'affirming',
    hardware: true,
    claims,
    observed: { series: '1' },
  })
})

it('what is not asked for does no harm, and what is waived makes a warning', () => {
  expect(concludeFrom(rulesOf({ ...good, debug: notAsked('') })).status).toBe('affirming')
  expect(concludeFrom(rulesOf({ ...good, debug: waived('debug', '') }))).toMatchObject({ status: 'warning', waivers: ['debug'] })
})

it('a check whose ground did not hold is skipped, and only the cause is a reason', () => {
  const result = concludeFrom(rulesOf({ ...good, product: failed('product-unknown', '') }, { debug: ['product'] }))
  expect(result).toMatchObject({ status: 'contraindicated', hardware: false, reasons: ['product-unknown'] })
  expect(result.observed).toEqual({})
  expect(result.checks.map((check) => check.verdict)).toEqual(['passed', 'failed', 'skipped'])
})

it('nothing is good where a check was not run although none failed', () => {
  const result = concludeFrom(rulesOf({ ...good, product: notAsked('') }, { debug: ['product'] }))
  expect(result).toMatchObject({ status: 'contraindicated', reasons: [] })
  expect(result.observed).toEqual({})
})

it('nothing is good, and nothing claimed, where what proves the author was not run', () => {
  const result = concludeFrom(rulesOf({ ...good, length: notAsked('') }))
  expect(result).toMatchObject({ status: 'contraindicated', hardware: false, claims: null })
  expect(result.observed).toEqual({})
  expect(new Set(Object.values(result.trustVector))).toEqual(new Set([99]))
})

it('a root that the vendor did not publish is no hardware', () => {
  expect(concludeFrom(rulesOf(good), false)).toMatchObject({ status: 'affirming', hardware: false })
})
