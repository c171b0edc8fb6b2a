import { ReinraumError } from '@reinraum/crypto'
import type { CommitUploadRequest, IngestionService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import { type Manifest, type Verified, verifyContract, verifyManifest } from '@reinraum/statements'
import { commitUpload as commit } from '../commit.ts'
import type { Ingestion } from '../ingestion.ts'
import type { UploadRow } from '../store.ts'
import { ownUpload } from '../upload-access.ts'

/** Runs to its end even when the caller goes: who asks again waits for it and gets its answer. */
export function commitUpload(ingestion: Ingestion): Handlers<typeof IngestionService>['commitUpload'] {
  return async (request, context) => {
    const { uploadId } = request
    const manifest = await manifestFor(await ownUpload(ingestion, uploadId, context), request, ingestion.now())
    const turn = await ingestion.turns.take(uploadId)
    try {
      await commit(ingestion, await ownUpload(ingestion, uploadId, context), manifest)
      return { objectId: manifest.document.object }
    } finally {
      turn.release()
    }
  }
}

/** The manifest is the slot owner's word, about the contract and the slot that the upload was begun for. */
async function manifestFor(upload: UploadRow, request: CommitUploadRequest, now: Date): Promise<Verified<Manifest>> {
  const contract = await verifyContract(request.contract, { now })
  if (contract.id !== upload.contract_id) throw new ReinraumError('contract-mismatch', 'the upload began under another contract')
  const manifest = await verifyManifest(request.manifest, contract, now)
  if (manifest.document.slot !== upload.slot) throw new ReinraumError('conflict', `the upload began for slot ${upload.slot}`)
  return manifest
}
