import type { RpcContext } from '@reinraum/rpc'
import { requireAdministrator } from '../caller-key.ts'
import type { KeyService } from '../seal/key-service.ts'

/** Seals the service. Answered when the keys are overwritten. */
export async function seal(service: KeyService, context: RpcContext) {
  requireAdministrator(service.site, context)
  service.site.log.warn('an administrator seals this service')
  await service.seal()
  return {}
}
