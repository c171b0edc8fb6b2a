import { describe, expect, test } from 'vitest'
import { operatingSystemRandomness } from '../sampling/random-source.ts'
import { brokenMechanisms, soundMechanisms } from '../testing/audited-mechanisms.ts'
import { audit } from './audit.ts'

// With real randomness. A sound mechanism is accused with probability 10⁻⁶ at most: one run in 125,000 has a false alarm.
const options = { runs: 600_000, confidence: 0.999999 }

describe('the auditor finds no more than what is claimed', () => {
  test.each(soundMechanisms)('$name', async ({ mechanism, epsilon, delta }) => {
    const finding = await audit(mechanism(operatingSystemRandomness), { ...options, delta })
    expect(finding.epsilon).toBeLessThanOrEqual(epsilon)
  })
})

describe('the auditor finds more than what is claimed', () => {
  test.each(brokenMechanisms)('$name', async ({ mechanism, epsilon, delta }) => {
    const finding = await audit(mechanism(operatingSystemRandomness), { ...options, delta })
    expect(finding.epsilon).toBeGreaterThan(epsilon)
  })
})
