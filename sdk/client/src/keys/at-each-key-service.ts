import { type ErrorCode, isReinraumError, ReinraumError } from '@reinraum/crypto'
import { KeyAdministrationService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'
import { keyCustodyOf, type VerifiedContract } from '@reinraum/statements'
import { memberOf } from '../contracts.ts'
import type { Session } from '../session.ts'

/** What one key service answered; `failed` says why it did not. In threshold custody a slot has several. */
export type AtKeyService<T> =
  | { readonly keyService: string; readonly answer: T; readonly failed: null }
  | { readonly keyService: string; readonly answer: null; readonly failed: ErrorCode }

/**
 * The key services that hold keys of this member's slots, or of the one slot named.
 * @throws ReinraumError `key-unknown` when the member has no such slot
 */
export function ownKeyServices(session: Session, contract: VerifiedContract, slot?: string): readonly string[] {
  const { id: owner } = memberOf(session, contract)
  const own = contract.document.slots.filter((one) => one.owner === owner && (slot === undefined || one.id === slot))
  if (slot !== undefined && own.length === 0)
    throw new ReinraumError('key-unknown', `you have no slot ${slot} under this contract`)
  return [...new Set(own.flatMap((one) => keyCustodyOf(one).services))]
}

/**
 * Asks each of these key services.
 * @throws a failure when none of them did what it was asked
 */
export async function atEachKeyService<T>(
  session: Session,
  services: readonly string[],
  ask: (client: Client<typeof KeyAdministrationService>) => Promise<T>,
): Promise<readonly AtKeyService<T>[]> {
  const answers = await Promise.allSettled(services.map(async (id) => ask(session.ofKeyService(KeyAdministrationService, id))))
  const failures = answers.filter((answer) => answer.status === 'rejected')
  // Where several hold keys of this owner, one that does not know this key says less than the others.
  const telling = failures.find(({ reason }) => !isReinraumError(reason) || reason.code !== 'key-unknown') ?? failures[0]
  if (failures.length === answers.length && telling !== undefined) throw telling.reason
  return answers.map((answer, i) => {
    const keyService = services[i] ?? ''
    if (answer.status === 'fulfilled') return { keyService, answer: answer.value, failed: null }
    return { keyService, answer: null, failed: isReinraumError(answer.reason) ? answer.reason.code : 'internal' }
  })
}
