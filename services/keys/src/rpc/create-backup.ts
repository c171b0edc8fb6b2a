import type { CreateBackupRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { createBackup as create } from '../backup/create-backup.ts'
import { requireAdministrator } from '../caller-key.ts'
import type { KeyService } from '../seal/key-service.ts'

/** The whole store, sealed under the root key: for an administrator to keep elsewhere. */
export async function* createBackup(service: KeyService, _: CreateBackupRequest, context: RpcContext) {
  requireAdministrator(service.site, context)
  let bytes = 0
  for await (const data of create(service)) {
    bytes += data.length
    yield { data }
  }
  service.site.log.warn({ bytes }, 'an administrator has made a backup')
}
