import { describe, expect, test } from 'vitest'
import { brokenMechanisms, soundMechanisms } from '../testing/audited-mechanisms.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { audit } from './audit.ts'

// The short form, seeded. `audited-mechanisms.long.test.ts` has ten times the runs, with real randomness.
const options = { runs: 60_000, confidence: 0.9999 }

describe('the auditor finds no more than what is claimed', () => {
  test.each(soundMechanisms)('$name', async ({ name, mechanism, epsilon, delta }) => {
    const finding = await audit(mechanism(seededRandomness(name)), { ...options, delta })
    expect(finding.epsilon).toBeLessThanOrEqual(epsilon)
  })
})

describe('the auditor finds more than what is claimed', () => {
  test.each(brokenMechanisms)('$name', async ({ name, mechanism, epsilon, delta }) => {
    const finding = await audit(mechanism(seededRandomness(name)), { ...options, delta })
    expect(finding.epsilon).toBeGreaterThan(epsilon)
  })
})

test('the auditor finds most of what a mechanism does give away', async () => {
  const usedUp = soundMechanisms.filter(({ name }) =>
    ['a count with Laplace noise', 'a sum of bounded contributions'].includes(name),
  )
  for (const { name, mechanism, epsilon } of usedUp) {
    const finding = await audit(mechanism(seededRandomness(name)), options)
    expect(finding.epsilon).toBeGreaterThan(0.9 * epsilon)
  }
  expect(usedUp).toHaveLength(2)
})
