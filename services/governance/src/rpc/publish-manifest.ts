import { ReinraumError } from '@reinraum/crypto'
import { enqueue } from '@reinraum/kit'
import type { PublishManifestRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { parseStatement, verifyManifest } from '@reinraum/statements'
import { statementEvent } from '../events.ts'
import { contractOfCaller, type Governance } from '../governance.ts'

/** Records a dataset version. A version of a slot is published once. */
export async function publishManifest(governance: Governance, request: PublishManifestRequest, context: RpcContext) {
  const parsed = parseStatement(request.manifest)
  if (parsed.document.kind !== 'reinraum/manifest/v1') throw new ReinraumError('unknown-kind', 'expected a manifest')
  const { contract, member } = await contractOfCaller(governance, context, parsed.document.contract, { complete: true })
  const manifest = await verifyManifest(request.manifest, contract, governance.now())
  if (manifest.document.by !== member.id) throw new ReinraumError('permission-denied', 'the manifest is signed by another member')
  const { slot, version } = manifest.document
  await governance.store.transaction(async (trx) => {
    const known = await trx
      .selectFrom('manifests')
      .select('id')
      .where('contract_id', '=', contract.id)
      .where('slot', '=', slot)
      .where('version', '=', version)
      .executeTakeFirst()
    if (known?.id === manifest.id) return
    if (known !== undefined) throw new ReinraumError('conflict', `version ${version} of ${slot} is published already`)
    await trx
      .insertInto('manifests')
      .values({ id: manifest.id, contract_id: contract.id, slot, version, bytes: Buffer.from(manifest.bytes) })
      .execute()
    await enqueue(trx, statementEvent(contract.id, 'manifest', 'published', manifest.id, manifest.document.kind))
  })
  return { manifestId: manifest.id }
}
