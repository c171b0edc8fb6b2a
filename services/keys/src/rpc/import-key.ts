import { create, toBinary } from '@bufbuild/protobuf'
import { hpkeOpen, parseStrictJson, ReinraumError, type SealedObject, sealedObjectSchema, utf8, zeroise } from '@reinraum/crypto'
import { callerMember, enqueue, newEvent } from '@reinraum/kit'
import { type ImportKeyRequest, KeyDecidedSchema } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import {
  keyCustodyOf,
  type Manifest,
  type Verified,
  type VerifiedContract,
  verifyContract,
  verifyManifest,
} from '@reinraum/statements'
import { rememberContract, requireNamesThisService } from '../contracts.ts'
import { dataKeyLength, storeDataKey } from '../data-keys.ts'
import { knownRevocations } from '../revocations.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'

const importInfo = utf8('reinraum/import/v1')

/** Takes a data key that the slot's owner sealed to this service, under a contract that names this service for that slot. */
export async function importKey(vault: Vault, request: ImportKeyRequest, context: RpcContext) {
  const now = vault.now()
  const contract = await verifyContract(request.contract, { now })
  const manifest = await verifyManifest(request.manifest, contract, now)
  requireOwnerOfSlot(vault, contract, manifest, context)
  requireNamesThisService(vault, contract.document)
  const key = await openSealedKey(vault, readSealedKey(request.sealedKey), manifest.id)
  const { slot, by: owner, key: keyId } = manifest.document
  try {
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

function requireOwnerOfSlot(vault: Vault, contract: VerifiedContract, manifest: Verified<Manifest>, context: RpcContext): void {
  const member = callerMember(contract, context)
  const slot = contract.document.slots.find(({ id }) => id === manifest.document.slot)
  if (slot?.owner !== member.id) throw new ReinraumError('permission-denied', 'only the owner of a slot imports its keys')
  if (!keyCustodyOf(slot).services.includes(vault.id))
    throw new ReinraumError('key-mismatch', 'the contract gives this slot to another key service')
  if (vault.custody === 'owner' && member.id !== vault.operator) {
    throw new ReinraumError('permission-denied', "this key service takes its own operator's keys only")
  }
}

function readSealedKey(json: Uint8Array): SealedObject {
  const sealed = sealedObjectSchema.safeParse(parseStrictJson(json))
  if (!sealed.success) throw new ReinraumError('suite-unsupported', 'the key is not sealed with a suite of this service')
  return sealed.data
}

async function openSealedKey(vault: Vault, sealed: SealedObject, manifestId: string): Promise<Uint8Array> {
  const { hpkePrivateKey, hpkePublicKey } = vault.identity
  const key = await hpkeOpen(hpkePrivateKey, hpkePublicKey, sealed, { info: importInfo, aad: utf8(manifestId) })
  if (key.length === dataKeyLength) return key
  zeroise(key)
  throw new ReinraumError('invalid-argument', 'a data key has 32 bytes')
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
