import { canonicalBytes, digestId, ReinraumError, toBase64url } from '@reinraum/crypto'
import { callerMember } from '@reinraum/kit'
import type { BeginUploadRequest, IngestionService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import { type Member, type VerifiedContract, verifyContract } from '@reinraum/statements'
import type { Ingestion } from '../ingestion.ts'
import { openUpload } from '../open-upload.ts'
import type { UploadRow } from '../store.ts'
import { ownUpload } from '../upload-access.ts'

/** The contract decides who may send: the owner of the slot. What may be sent the manifest says, at the commit. */
export function beginUpload(ingestion: Ingestion): Handlers<typeof IngestionService>['beginUpload'] {
  return async (request, context) => {
    const now = ingestion.now()
    const contract = await verifyContract(request.contract, { now })
    const member = callerMember(contract, context)
    const slot = contract.document.slots.find(({ id }) => id === request.slot)
    if (slot?.owner !== member.id) throw new ReinraumError('permission-denied', 'only the owner of the slot uploads to it')
    const begun = rowOf(contract, member, request, now)
    await openUpload(ingestion, begun)
    // An earlier stream may still hold bytes that are not durable yet. It ends here, so the offset stays what we say it is.
    const turn = await ingestion.turns.take(begun.id)
    try {
      const upload = await ownUpload(ingestion, begun.id, context)
      return { uploadId: upload.id, offset: BigInt(upload.durable) }
    } finally {
      turn.release()
    }
  }
}

function rowOf(contract: VerifiedContract, { keys }: Member, { slot, name }: BeginUploadRequest, now: Date): UploadRow {
  return {
    // A slot has one owner under a contract: whatever name somebody else chooses, it is another upload.
    id: digestId(canonicalBytes({ v: 'reinraum/upload/v1', contract: contract.id, slot, name: toBase64url(name) })),
    contract_id: contract.id,
    slot,
    owner_key: keys.signing.ed25519.x,
    durable: 0,
    manifest_id: null,
    object_id: null,
    committed_at: null,
    expires_at: Date.parse(contract.document.validity.notAfter),
    updated_at: now.getTime(),
  }
}
