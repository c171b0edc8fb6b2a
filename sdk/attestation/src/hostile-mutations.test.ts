import { describe, it } from 'vitest'
import { real, simulated } from './testing/hostile/good-evidence.ts'
import { mixtures } from './testing/hostile/mixtures.ts'
import { expectNoMixturePasses, expectNoMutationPasses } from './testing/hostile/mutations.ts'
import { hasVectors } from './testing/vectors.ts'

// The long form of the same is hostile.long.test.ts.
const short = { numRuns: 120, seed: 20261122 }

describe('whatever is changed in acceptable evidence, it is acceptable no more', { timeout: 120_000 }, () => {
  it.each(Object.entries(simulated))('%s', async (_, make) => expectNoMutationPasses(await make(), short))

  it.skipIf(!hasVectors).each(Object.entries(real))('%s', async (_, make) => expectNoMutationPasses(await make(), short))
})

describe('parts of two pieces of acceptable evidence make no third', { timeout: 120_000 }, () => {
  it.each(Object.entries(mixtures))('%s', async (_, make) => {
    const [one, other] = await make()
    await expectNoMixturePasses(one, other, short)
  })
})
