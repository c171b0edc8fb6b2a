import { ReinraumError } from '@reinraum/crypto'
import type { RpcContext } from '@reinraum/rpc'
import type { Site } from './vault.ts'

/** The Ed25519 public key (base64url) of the party that signed the request. @throws ReinraumError `unauthenticated` */
export function callerKey({ caller }: RpcContext): string {
  if (caller.kind !== 'party') throw new ReinraumError('unauthenticated', 'a signed request token is required')
  return caller.key.x
}

/** @throws ReinraumError `permission-denied` unless the configuration names the caller as administrator */
export function requireAdministrator({ administrators }: Site, context: RpcContext): void {
  if (!administrators.includes(callerKey(context)))
    throw new ReinraumError('permission-denied', 'this is for administrators of the key service')
}
