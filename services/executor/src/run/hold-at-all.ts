import { type Answer, type Answers, askKeyServices, givenOf, notGiven, whyMissing } from './ask-key-services.ts'
import { keyServicesOf, type SlotCustody, unreached } from './custodies.ts'

export interface HoldOptions<T> {
  /** the key services with ledgers that the run is debited from: of them, each has to agree */
  readonly keepers: ReadonlySet<string>
  readonly ask: (keyServiceId: string, signal: AbortSignal) => Promise<Answer<T>>
  /** ms, see `askKeyServices` */
  readonly graceMs?: number
}

/**
 * Has every key service of these slots look whether it would release, before any of them does. Those without ledgers are asked
 * first, at once. Those with ledgers follow one after the other, in one order for all runs: so of two runs that both want the
 * last of a budget one is refused at the first key service, and they never stop each other. The first refusal ends it.
 * @returns what they gave, and who gave nothing that is not needed
 * @throws ReinraumError see `whyMissing`
 */
export async function holdAtAll<T>(
  custodies: readonly SlotCustody[],
  { keepers, ask, graceMs }: HoldOptions<T>,
): Promise<Answers<T>> {
  const services = keyServicesOf(custodies)
  const missing = (given: ReadonlyMap<string, unknown>) => unreached(custodies, new Set([...given.keys(), ...keepers]))
  const answers = new Map(
    await askKeyServices<T>(
      services.filter((id) => !keepers.has(id)),
      { ask, enough: (given) => missing(given).length === 0, ...(graceMs === undefined ? {} : { graceMs }) },
    ),
  )
  const lacking = missing(givenOf(answers))
  if (lacking.length > 0) throw whyMissing(lacking, answers)
  for (const id of services.filter((service) => keepers.has(service))) {
    const answer = await ask(id, new AbortController().signal).catch((error: unknown) => ({ kind: 'failed', error }) as const)
    answers.set(id, answer)
    if (answer.kind === 'given') continue
    const own = custodies.filter((custody) => custody.services.includes(id))
    throw whyMissing(own, notGiven(new Map([[id, answer]])))
  }
  return answers
}
