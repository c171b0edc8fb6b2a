import { ReinraumError } from '@reinraum/crypto'
import type { RpcContext } from '@reinraum/rpc'
import { type Member, memberByKey, type VerifiedContract } from '@reinraum/statements'

/**
 * The member of the contract whose key signed the request.
 * @throws ReinraumError `permission-denied`
 */
export function callerMember(contract: VerifiedContract, context: RpcContext): Member {
  const member = context.caller.kind === 'party' ? memberByKey(contract, context.caller.key) : undefined
  if (member === undefined) throw new ReinraumError('permission-denied', 'only members of the contract may do this')
  return member
}
