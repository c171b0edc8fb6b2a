import type { RpcContext } from '@reinraum/rpc'
import { requireAdministrator } from '../caller-key.ts'
import type { KeyService } from '../seal/key-service.ts'

/** Takes the store over to a new root key of the configuration: other holders, another threshold, another kind. */
export async function reshare(service: KeyService, context: RpcContext) {
  requireAdministrator(service.site, context)
  service.site.log.warn('an administrator has everything wrapped under a new root key')
  await service.reshare()
  const { need } = await service.source.progress()
  const holders = await service.site.store.db.selectFrom('unseal_shares').select('holder').execute()
  return { rootKey: service.source.kind, need, holders: holders.length }
}
