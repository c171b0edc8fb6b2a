import { ReinraumError } from '@reinraum/crypto'
import type { RpcContext } from '@reinraum/rpc'
import { callerKey } from '../caller-key.ts'
import type { KeyService } from '../seal/key-service.ts'

/** The caller's own unseal share. It is sealed to the caller, so that this service keeps what it cannot read. */
export async function getUnsealShare({ source }: KeyService, context: RpcContext) {
  const sealedShare = await source.shareOf(callerKey(context))
  if (sealedShare === undefined) throw new ReinraumError('not-found', 'there is no unseal share of this holder')
  return { sealedShare }
}
