import { hpkeOpen, parseStrictJson, ReinraumError, type SealedObject, sealedObjectSchema, utf8 } from '@reinraum/crypto'
import type { ImportKeyRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { expectKey } from '../imports/expected-key.ts'
import { takeKey } from '../imports/take-key.ts'
import type { Vault } from '../vault.ts'

const importInfo = utf8('reinraum/import/v1')

/**
 * Takes a data key, or this service's share of one, that the slot's owner sealed to this service, under a contract that names
 * this service for that slot.
 */
export async function importKey(vault: Vault, request: ImportKeyRequest, context: RpcContext) {
  const expected = await expectKey(vault, request, context)
  return takeKey(vault, expected, await openSealedKey(vault, readSealedKey(request.sealedKey), expected.manifest.id))
}

function readSealedKey(json: Uint8Array): SealedObject {
  const sealed = sealedObjectSchema.safeParse(parseStrictJson(json))
  if (!sealed.success) throw new ReinraumError('suite-unsupported', 'the key is not sealed with a suite of this service')
  return sealed.data
}

function openSealedKey(vault: Vault, sealed: SealedObject, manifestId: string): Promise<Uint8Array> {
  const { hpkePrivateKey, hpkePublicKey } = vault.identity
  return hpkeOpen(hpkePrivateKey, hpkePublicKey, sealed, { info: importInfo, aad: utf8(manifestId) })
}
