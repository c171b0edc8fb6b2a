import { refuse } from '../reasons.ts'
import { additive } from './exact-cells.ts'
import type { NoisyCore } from './noisy-query.ts'

// Exact cells go as lines of JSON to whoever adds noise, and an executor hears 32 MiB of them in a run (`child/dialogue.ts`). A run that
// ended there would tell of exact data, so where groups are declared it is known before that all of them fit.

const mostBytes = 30 * 1024 * 1024

/** An integer of 128 bits with its sign, two quotation marks and a comma. */
const longestNumber = 43

/** @throws Refusal where the cells of all declared groups could take more text than an executor hears */
export function checkTexts(cores: readonly Pick<NoisyCore, 'declared' | 'plan'>[]): void {
  const bytes = cores.reduce((sum, core) => sum + bytesOf(core), 0)
  if (bytes > mostBytes)
    refuse(
      'too-complex',
      'the declared groups have more numbers together than get noise at once; ask for fewer columns or groups',
    )
}

function bytesOf({ declared, plan }: Pick<NoisyCore, 'declared' | 'plan'>): number {
  if (declared === null) return 0
  const groups = declared.reduce((product, domain) => product * domain.length, 1)
  const keys = declared.reduce((sum, domain) => {
    const own = domain.reduce((all, value) => all + Buffer.byteLength(JSON.stringify(value)) + 1, 0)
    return sum + (groups / Math.max(1, domain.length)) * own
  }, 0)
  // brackets and a comma
  return keys + groups * (additive(plan.columns).length * longestNumber + 3)
}
