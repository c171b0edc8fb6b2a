import { ReinraumError, toBase64url } from '@reinraum/crypto'
import type { IssueIdentityRequest } from '@reinraum/proto'
import { evidenceFromMessage, type RpcContext } from '@reinraum/rpc'
import { readSigningKeys } from '../signing-keys.ts'
import type { Vault } from '../vault.ts'
import { issueIdentity as issue } from '../workload-identity/issue.ts'

export async function issueIdentity(vault: Vault, request: IssueIdentityRequest, { caller }: RpcContext) {
  if (caller.kind !== 'service') throw new ReinraumError('unauthenticated', 'identities are for services')
  const { der, notAfter } = await issue(vault, {
    caller: caller.id,
    contractId: request.contractId,
    nonce: toBase64url(request.nonce),
    presented: evidenceFromMessage(request.evidence),
    signingKeys: readSigningKeys(request.signingKeys),
  })
  return { certificate: der, expiresAt: BigInt(notAfter) }
}
