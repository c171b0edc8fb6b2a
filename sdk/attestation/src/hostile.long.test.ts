import { describe, it } from 'vitest'
import { real, simulated } from './testing/hostile/good-evidence.ts'
import { mixtures } from './testing/hostile/mixtures.ts'
import { expectNoFlipPasses, expectNoMixturePasses, expectNoMutationPasses } from './testing/hostile/mutations.ts'
import { hasVectors } from './testing/vectors.ts'

const hour = 3_600_000

/** Each run has a seed of its own, which a failure names. */
const many = { numRuns: 3000 }

describe('whatever is changed in acceptable evidence, it is acceptable no more', { timeout: hour }, () => {
  it.each(Object.entries(simulated))('%s', async (_, make) => expectNoMutationPasses(await make(), many))

  it.skipIf(!hasVectors).each(Object.entries(real))('%s', async (_, make) => expectNoMutationPasses(await make(), many))
})

describe('every byte counts', { timeout: hour }, () => {
  it.each(Object.entries(simulated))('%s', async (_, make) => expectNoFlipPasses(await make()))

  it.skipIf(!hasVectors).each(Object.entries(real))('%s', async (_, make) => expectNoFlipPasses(await make()))
})

describe('parts of two pieces of acceptable evidence make no third', { timeout: hour }, () => {
  it.each(Object.entries(mixtures))('%s', async (_, make) => {
    const [one, other] = await make()
    await expectNoMixturePasses(one, other, many)
  })
})
