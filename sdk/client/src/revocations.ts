import { ReinraumError } from '@reinraum/crypto'
import { type DigestId, parseStatement, type Revocation, signStatement, type VerifiedContract } from '@reinraum/statements'
import { memberOf } from './contracts.ts'
import type { Session } from './session.ts'

/** A place that a statement was brought to, with the reason where it did not arrive. */
export interface Delivery {
  readonly to: string
  readonly failed: string | null
}

export interface RevocationOutcome {
  readonly revocationId: DigestId
  readonly deliveries: readonly Delivery[]
}

/**
 * Revokes an approval, a dataset version, a member or the whole contract. The statement goes to governance and straight to
 * every key service of the contract: a platform that drops messages cannot hide it from the place that releases keys.
 * @throws ReinraumError `unavailable` when it reached nobody
 */
export async function revoke(
  session: Session,
  contract: VerifiedContract,
  target: Revocation['target'],
  reason: string,
): Promise<RevocationOutcome> {
  const document: Revocation = {
    kind: 'reinraum/revocation/v1',
    contract: contract.id,
    by: memberOf(session, contract).id,
    target,
    reason,
    createdAt: session.now().toISOString(),
  }
  const revocation = await signStatement(document, session.signer)
  const deliveries = await bring(session, contract, revocation, () => session.governance.revoke({ revocation }))
  return { revocationId: parseStatement(revocation).id, deliveries }
}

/**
 * Brings a statement that stops something to governance and to every key service of the contract.
 * @throws ReinraumError `unavailable` when it reached nobody
 */
export async function bring(
  session: Session,
  contract: VerifiedContract,
  statement: Uint8Array,
  toGovernance: () => Promise<unknown>,
): Promise<readonly Delivery[]> {
  const places: readonly { readonly to: string; send(): Promise<unknown> }[] = [
    { to: 'governance', send: toGovernance },
    ...contract.document.keyServices.map(({ id }) => ({
      to: `keys/${id}`,
      send: async () => session.keyService(id).applyRevocation({ revocation: statement }),
    })),
  ]
  const answers = await Promise.allSettled(places.map((place) => place.send()))
  const deliveries = answers.map((answer, i) => ({
    to: places[i]?.to ?? '',
    failed: answer.status === 'fulfilled' ? null : reasonOf(answer.reason),
  }))
  if (deliveries.every(({ failed }) => failed !== null))
    throw new ReinraumError('unavailable', `it reached nobody: ${deliveries[0]?.failed ?? ''}`)
  return deliveries
}

function reasonOf(error: unknown): string {
  return error instanceof ReinraumError ? `${error.code}: ${error.message}` : 'internal'
}
