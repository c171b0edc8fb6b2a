import { ReinraumError, zeroise } from '@reinraum/crypto'
import type { VerifiedRun } from '@reinraum/statements'
import type { Executor } from '../executor.ts'
import { type Answer, type Answers, givenOf, refusals, whyMissing } from './ask-key-services.ts'
import { combineKeys, type KeyParts, zeroiseParts } from './combine-keys.ts'
import { type SlotCustody, unreached } from './custodies.ts'
import { zeroiseHistories } from './open-histories.ts'
import type { OpenedRelease } from './open-released.ts'

/**
 * Makes the keys of a run out of what the key services gave, and says in the log who gave nothing, or something wrong. All that
 * was given is overwritten, but for the histories of those who gave nothing wrong: these and the keys are
 * the caller's to overwrite.
 * @returns slot → data key, and what those gave whose keys and shares were right
 * @throws ReinraumError see `whyMissing`
 */
export async function takeKeys(
  { log }: Pick<Executor, 'log'>,
  run: Pick<VerifiedRun, 'run' | 'manifests'>,
  custodies: readonly SlotCustody[],
  answers: Answers<OpenedRelease>,
): Promise<{
  readonly dataKeys: ReadonlyMap<string, Uint8Array>
  readonly given: ReadonlyMap<string, OpenedRelease>
}> {
  const given = givenOf(answers)
  const unused = new Set(given.keys())
  try {
    const { dataKeys, wrong, complete } = await combineKeys(custodies, run.manifests, partsOf(given))
    const refused = { ...refusals(answers), ...Object.fromEntries([...wrong].map((id) => [id, 'key-mismatch'] as const)) }
    if (Object.keys(refused).length > 0) log.warn({ run: run.run.id, refused }, 'not all key services gave the right keys')
    const trusted = new Map([...given].filter(([id]) => !wrong.has(id)))
    if (complete) {
      for (const id of trusted.keys()) unused.delete(id)
      return { dataKeys, given: trusted }
    }
    zeroise(...dataKeys.values())
    const short = unreached(custodies, new Set(trusted.keys()))
    const missing = custodies.filter((custody) => short.includes(custody) || !dataKeys.has(custody.slot))
    throw whyMissing(missing, new Map([...answers, ...[...wrong].map((id) => [id, wrongKey] as const)]))
  } finally {
    zeroiseParts([...given.values()].map(({ parts }) => parts))
    zeroiseHistories([...unused].flatMap((id) => given.get(id)?.histories ?? []))
  }
}

const wrongKey: Answer<never> = {
  kind: 'failed',
  error: new ReinraumError('key-mismatch', 'this is not the key that the manifest commits to'),
}

export function partsOf(given: ReadonlyMap<string, OpenedRelease>): KeyParts {
  return new Map([...given].map(([id, { parts }]) => [id, parts]))
}
