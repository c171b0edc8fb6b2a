import { randomBytes } from '@reinraum/crypto'
import type { IngestionService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'
import type { Room, SignedContract } from './room.ts'
import type { RunningIngestion } from './service.ts'

export interface PreparedUpload {
  readonly owner: Client<typeof IngestionService>
  readonly contract: SignedContract
  readonly manifest: { readonly id: string; readonly bytes: Uint8Array }
  readonly uploadId: string
  /** With the manifest of these bytes; over the first connection unless told. */
  commit(owner?: Client<typeof IngestionService>): Promise<unknown>
  /** Where the upload continues, as the owner asks at the beginning. */
  offset(owner?: Client<typeof IngestionService>): Promise<number>
}

/** An upload of these bytes that the owner has just begun. */
export async function prepareUpload(
  service: Pick<RunningIngestion, 'party'>,
  room: Room,
  ciphertext: Uint8Array,
): Promise<PreparedUpload> {
  const contract = await room.contract()
  const manifest = await room.manifest(contract, ciphertext)
  const owner = service.party(room.identities.air)
  const begin = { contract: contract.bytes, slot: 'flights', name: randomBytes(16) }
  const { uploadId } = await owner.beginUpload(begin)
  return {
    owner,
    contract,
    manifest,
    uploadId,
    commit: (by = owner) => by.commitUpload({ uploadId, contract: contract.bytes, manifest: manifest.bytes }),
    offset: async (by = owner) => Number((await by.beginUpload(begin)).offset),
  }
}

/** A range of an object as an executor gets it; to the end unless told. */
export async function readObject(service: Pick<RunningIngestion, 'service'>, objectId: string, offset = 0n, length = 0n) {
  const chunks: Uint8Array[] = []
  for await (const { data } of service.service('executor').readObject({ objectId, offset, length })) chunks.push(data)
  return Buffer.concat(chunks)
}
