import { ReinraumError } from '@reinraum/crypto'
import { type DigestId, type Revocation, signStatement, type VerifiedContract } from '@reinraum/statements'
import { memberOf } from './contracts.ts'
import type { Session } from './session.ts'

export interface RevocationOutcome {
  readonly revocationId: DigestId
  /** every place the revocation was brought to, with the reason where it did not arrive */
  readonly deliveries: readonly { readonly to: string; readonly failed: string | null }[]
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
  const places = [
    { to: 'governance', send: () => session.governance.revoke({ revocation }) },
    ...contract.document.keyServices.map(({ id }) => ({
      to: `keys/${id}`,
      send: () => session.keyService(id).applyRevocation({ revocation }),
    })),
  ]
  const answers = await Promise.allSettled(places.map((place) => place.send()))
  const deliveries = answers.map((answer, i) => ({
    to: places[i]?.to ?? '',
    failed: answer.status === 'fulfilled' ? null : reasonOf(answer.reason),
  }))
  const revocationId = answers.find((answer) => answer.status === 'fulfilled')?.value.revocationId
  if (revocationId === undefined)
    throw new ReinraumError('unavailable', `the revocation reached nobody: ${deliveries[0]?.failed ?? ''}`)
  return { revocationId, deliveries }
}

function reasonOf(error: unknown): string {
  return error instanceof ReinraumError ? `${error.code}: ${error.message}` : 'internal'
}
