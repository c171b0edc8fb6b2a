import { ReinraumError } from '@reinraum/crypto'
import { callerMember } from '@reinraum/kit'
import type { IngestionService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import { type Manifest, type Verified, type VerifiedContract, verifyContract, verifyManifest } from '@reinraum/statements'
import type { Ingestion } from '../ingestion.ts'
import { openUpload } from '../open-upload.ts'
import type { UploadRow } from '../store.ts'
import { ownUpload } from '../upload-access.ts'

/** The manifest decides everything: its id is the upload's, and only the owner of its slot may send. */
export function createUpload(ingestion: Ingestion): Handlers<typeof IngestionService>['createUpload'] {
  return async (request, context) => {
    const now = ingestion.now()
    const contract = await verifyContract(request.contract, { now })
    const manifest = await verifyManifest(request.manifest, contract, now)
    const member = callerMember(contract, context)
    const slot = contract.document.slots.find((s) => s.id === manifest.document.slot)
    if (slot?.owner !== member.id) throw new ReinraumError('permission-denied', 'only the owner of the slot uploads to it')
    await openUpload(ingestion, rowOf(contract, manifest, member.keys.signing.ed25519.x, now))
    // An earlier stream may still hold bytes that are not durable yet. It ends here, so the offset stays what we say it is.
    const turn = await ingestion.turns.take(manifest.id)
    try {
      const upload = await ownUpload(ingestion, manifest.id, context)
      return { uploadId: upload.id, offset: BigInt(upload.durable), committed: upload.committed_at !== null }
    } finally {
      turn.release()
    }
  }
}

function rowOf(contract: VerifiedContract, manifest: Verified<Manifest>, ownerKey: string, now: Date): UploadRow {
  return {
    id: manifest.id,
    contract_id: contract.id,
    owner_key: ownerKey,
    object_id: manifest.document.object,
    length: manifest.document.length,
    durable: 0,
    committed_at: null,
    expires_at: Date.parse(contract.document.validity.notAfter),
    updated_at: now.getTime(),
  }
}
