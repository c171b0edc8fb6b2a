import { create, toBinary } from '@bufbuild/protobuf'
import {
  constantTimeEqual,
  fromBase64url,
  hpkeOpen,
  keyCheckValue,
  parseStrictJson,
  ReinraumError,
  type SealedObject,
  sealedObjectSchema,
  utf8,
  zeroise,
} from '@reinraum/crypto'
import { callerMember, enqueue, newEvent } from '@reinraum/kit'
import { type ImportKeyRequest, KeyDecidedSchema } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import {
  keyCustodyOf,
  type Manifest,
  manifestCoreContext,
  type Slot,
  type Verified,
  type VerifiedContract,
  verifyContract,
  verifyManifest,
} from '@reinraum/statements'
import { rememberContract, requireNamesThisService } from '../contracts.ts'
import { dataKeyLength, keyShareLength, storeDataKey } from '../data-keys.ts'
import { knownRevocations } from '../revocations.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'

const importInfo = utf8('reinraum/import/v1')

/**
 * Takes a data key, or this service's share of one, that the slot's owner sealed to this service, under a contract that names
 * this service for that slot.
 */
export async function importKey(vault: Vault, request: ImportKeyRequest, context: RpcContext) {
  const now = vault.now()
  const contract = await verifyContract(request.contract, { now })
  const manifest = await verifyManifest(request.manifest, contract, now)
  const declared = ownSlot(vault, contract, manifest, context)
  requireNamesThisService(vault, contract.document)
  const key = await openSealedKey(vault, readSealedKey(request.sealedKey), manifest.id)
  const { slot, by: owner, key: keyId } = manifest.document
  try {
    requireKeyOf(declared, manifest.document, key)
    const created = await vault.store.transaction(async (trx) => {
      await requireNotRevoked(trx, contract, manifest)
      await rememberContract(trx, contract, now)
      const name = { contractId: contract.id, slot, manifestId: manifest.id, keyId, owner }
      const isNew = await storeDataKey(vault, trx, name, key, now)
      if (isNew) await announce(vault, trx, contract.id)
      return isNew
    })
    vault.log.info({ contractId: contract.id, slot, manifestId: manifest.id, created }, 'key imported')
    return { keyId, created }
  } finally {
    zeroise(key)
  }
}

/** The manifest's slot, whose owner calls and whose key the contract gives to this service, alone or among others. */
function ownSlot(vault: Vault, contract: VerifiedContract, manifest: Verified<Manifest>, context: RpcContext): Slot {
  const member = callerMember(contract, context)
  const slot = contract.document.slots.find(({ id }) => id === manifest.document.slot)
  if (slot?.owner !== member.id) throw new ReinraumError('permission-denied', 'only the owner of a slot imports its keys')
  const { services } = keyCustodyOf(slot)
  if (!services.includes(vault.id)) throw new ReinraumError('key-mismatch', 'the contract gives this slot to another key service')
  // A share is safe with another owner, who is one of several; a whole key is not.
  if (services.length === 1 && vault.custody === 'owner' && member.id !== vault.operator) {
    throw new ReinraumError('permission-denied', "this key service takes its own operator's keys only")
  }
  return slot
}

/** All of a key is what its manifest commits to. Of a share only its length can be told; who combines it looks at the key. */
function requireKeyOf(slot: Slot, manifest: Manifest, key: Uint8Array): void {
  const whole = keyCustodyOf(slot).services.length === 1
  if (key.length !== (whole ? dataKeyLength : keyShareLength))
    throw new ReinraumError('invalid-argument', `a data key has ${dataKeyLength} bytes, a share of one ${keyShareLength}`)
  if (whole && !constantTimeEqual(keyCheckValue(key, manifestCoreContext(manifest)), fromBase64url(manifest.keyCheck)))
    throw new ReinraumError('key-mismatch', 'this is not the key that the manifest commits to')
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

async function requireNotRevoked(trx: KeysTransaction, contract: VerifiedContract, manifest: Verified<Manifest>): Promise<void> {
  const owner = manifest.document.by
  const known = await knownRevocations(trx, contract.id, new Map([[manifest.id, owner]]))
  if (known.some(({ document: { target } }) => target.type !== 'member' || target.member === owner)) {
    throw new ReinraumError('revoked', 'the contract, its owner or this dataset version was revoked')
  }
}

async function announce(vault: Vault, trx: KeysTransaction, contractId: string): Promise<void> {
  const body = toBinary(KeyDecidedSchema, create(KeyDecidedSchema, { contractId, keyServiceId: vault.id }))
  await enqueue(trx, newEvent({ noun: 'key', verb: 'imported', contractId, body }))
}
