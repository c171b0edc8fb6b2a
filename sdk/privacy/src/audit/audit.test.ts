import { describe, expect, test } from 'vitest'
import { rational } from '../rational.ts'
import { bernoulli } from '../sampling/bernoulli.ts'
import { discreteLaplaceSampler } from '../sampling/discrete-laplace.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { audit } from './audit.ts'
import type { Database, Outcome } from './distinguishing-event.ts'

/** Randomised response: tells the truth three times of four, and so has ε = ln 3 exactly. */
function randomisedResponse(seed: string): (database: Database) => Outcome {
  const random = seededRandomness(seed)
  return (database) => ((database === 'with') === bernoulli(rational(3, 4), random) ? 'yes' : 'no')
}

test('the loss of randomised response is found nearly whole', async () => {
  const { epsilon } = await audit(randomisedResponse('response'), { runs: 50_000, confidence: 0.999 })
  expect(epsilon).toBeLessThan(Math.log(3))
  expect(epsilon).toBeGreaterThan(Math.log(3) - 0.1)
})

test('a mechanism that is as bad as it claims is accused no more often than the confidence allows', async () => {
  let accused = 0
  for (let turn = 0; turn < 500; turn += 1) {
    const { epsilon } = await audit(randomisedResponse(`turn ${turn}`), { runs: 400, confidence: 0.5 })
    if (epsilon > Math.log(3)) accused += 1
  }
  // Half of them would be allowed; but two of the four bounds, each at 12.5 %, have to fail for most of these.
  expect(accused).toBeLessThan(100)
  // and it is no bound that never fails
  expect(accused).toBeGreaterThan(5)
})

test('a mechanism without any loss is found to have none', async () => {
  const random = seededRandomness('nothing')
  const { epsilon } = await audit(() => BigInt(random() % 5), { runs: 5000, confidence: 0.999 })
  expect(epsilon).toBe(0)
})

describe('δ is allowed for', () => {
  const random = seededRandomness('delta')
  const leaksOnceInAHundred = (database: Database) => (bernoulli(rational(1, 100), random) ? database : 'nothing')

  test('up to the one that is claimed', async () => {
    expect(await audit(leaksOnceInAHundred, { runs: 50_000, confidence: 0.999, delta: 0.01 })).toMatchObject({ epsilon: 0 })
  })

  test('and no further', async () => {
    const { epsilon, event } = await audit(leaksOnceInAHundred, { runs: 50_000, confidence: 0.999, delta: 0.005 })
    expect(epsilon).toBeGreaterThan(2)
    expect(['with', 'without']).toContain(event)
  })

  test('when the event is chosen, too', async () => {
    const truthful = randomisedResponse('beside')
    const both = (database: Database) => (bernoulli(rational(1, 100), random) ? database : truthful(database))
    const { epsilon, event } = await audit(both, { runs: 50_000, confidence: 0.999, delta: 0.01 })
    // The leak is the larger ratio, and all of it is claimed.
    expect(event).toMatch(/yes|no/)
    expect(epsilon).toBeGreaterThan(0.9)
  })
})

test('the finding names the event and the database that it points to', async () => {
  const random = seededRandomness('event')
  const mechanism = async (database: Database) => (random() % 100) + (database === 'with' ? 20 : 0)
  const finding = await audit(mechanism, { runs: 20_000, confidence: 0.999 })
  expect(finding.event).toMatch(/^(at (least 1\d\d|most \d+)|\d+, .*…)$/)
  expect(finding.epsilon).toBeGreaterThan(3)
})

test('noise so wide that hardly an outcome comes twice is told apart by a threshold', async () => {
  const wide = rational(1_000_000_000)
  const noise = discreteLaplaceSampler(wide, seededRandomness('wide'))
  const finding = await audit((database) => noise() + (database === 'with' ? wide.numerator : 0n), {
    runs: 20_000,
    confidence: 0.999,
  })
  expect(finding.event).toMatch(/^at (least|most) -?[0-9]+$/)
  expect(finding.epsilon).toBeGreaterThan(0.8)
  expect(finding.epsilon).toBeLessThan(1)
})

test('the event is chosen and counted in different runs', async () => {
  // Outcomes that never come again: chosen by what they were, they would tell the databases apart entirely.
  let run = 0
  const { epsilon } = await audit(() => `run ${run++}`, { runs: 2000, confidence: 0.999 })
  expect(epsilon).toBe(0)
})

test.each([
  [{ runs: 3, confidence: 0.9 }, 'four runs'],
  [{ runs: 10.5, confidence: 0.9 }, 'four runs'],
  [{ runs: 10, confidence: 1 }, 'between 0 and 1'],
  [{ runs: 10, confidence: Number.NaN }, 'between 0 and 1'],
  [{ runs: 10, confidence: 0.9, delta: 1 }, 'δ'],
  [{ runs: 10, confidence: 0.9, delta: -0.1 }, 'δ'],
])('options that mean nothing are refused: %j', async (options, message) => {
  await expect(audit(() => 'same', options)).rejects.toThrow(message)
})
