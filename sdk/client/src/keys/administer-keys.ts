import type { RecordSuite } from '@reinraum/crypto'
import type { VerifiedContract } from '@reinraum/statements'
import type { Session } from '../session.ts'
import { type AtKeyService, atEachKeyService, ownKeyServices } from './at-each-key-service.ts'
import { keyReference } from './key-reference.ts'

type Answers<T> = Promise<readonly AtKeyService<T>[]>

/** Makes the next version of a slot's wrapping key. Keys that are there stay under theirs until they are rewrapped. */
export function rotateWrappingKey(
  session: Session,
  contract: VerifiedContract,
  slot: string,
): Answers<{ readonly version: number }> {
  return atEachKeyService(session, ownKeyServices(session, contract, slot), async (client) => {
    const { version } = await client.rotateWrappingKey({ contractId: contract.id, slot })
    return { version }
  })
}

/** Moves every key of a slot under its newest wrapping key; with a suite, under one that seals in it. */
export function rewrapKeys(
  session: Session,
  contract: VerifiedContract,
  slot: string,
  suite?: RecordSuite,
): Answers<{ readonly version: number; readonly suite: string; readonly keys: number }> {
  return atEachKeyService(session, ownKeyServices(session, contract, slot), async (client) => {
    const answer = await client.rewrapKeys({ contractId: contract.id, slot, suite: suite ?? '' })
    return { version: answer.version, suite: answer.suite, keys: answer.keys }
  })
}

/** Has key services release no key of the slot that is sealed under an older wrapping key. It only rises. */
export function setMinimumVersion(
  session: Session,
  contract: VerifiedContract,
  slot: string,
  version: number,
): Answers<{ readonly version: number }> {
  return atEachKeyService(session, ownKeyServices(session, contract, slot), async (client) => {
    const answer = await client.setMinimumVersion({ contractId: contract.id, slot, version })
    return { version: answer.version }
  })
}

/**
 * Ends the release of a key at once and has it destroyed after a delay.
 * @param name dataset version or key id
 * @param delayMs a day unless told
 * @throws ReinraumError `key-unknown`, `key-destroyed`, `conflict` when its destruction is scheduled, `invalid-argument`
 */
export async function destroyKey(
  session: Session,
  contract: VerifiedContract,
  name: string,
  delayMs?: number,
): Answers<{ readonly manifestId: string; readonly dueAt: Date }> {
  const answers = await atEachKeyService(session, ownKeyServices(session, contract), async (client) => {
    const delay = delayMs === undefined ? {} : { delayMs: BigInt(delayMs) }
    const answer = await client.destroyKey({ contractId: contract.id, key: keyReference(name), ...delay })
    return { manifestId: answer.manifestId, dueAt: new Date(Number(answer.destructionDueAt)) }
  })
  return answers.filter(({ failed }) => failed !== 'key-unknown')
}

/** Takes the order back to destroy a key. @throws ReinraumError `key-unknown`, `conflict` when there is none, `key-destroyed` */
export async function cancelDestruction(
  session: Session,
  contract: VerifiedContract,
  name: string,
): Answers<{ readonly manifestId: string }> {
  const answers = await atEachKeyService(session, ownKeyServices(session, contract), async (client) => {
    const { manifestId } = await client.cancelDestruction({ contractId: contract.id, key: keyReference(name) })
    return { manifestId }
  })
  return answers.filter(({ failed }) => failed !== 'key-unknown')
}
