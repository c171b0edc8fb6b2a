import { ReinraumError } from '@reinraum/crypto'
import { callerMember } from '@reinraum/kit'
import type { RpcContext } from '@reinraum/rpc'
import {
  keyCustodyOf,
  type Manifest,
  type Slot,
  type Verified,
  type VerifiedContract,
  verifyContract,
  verifyManifest,
} from '@reinraum/statements'
import { type Actor, actorOf } from '../administration/act-log.ts'
import { callerKey } from '../caller-key.ts'
import { requireNamesThisService } from '../contracts.ts'
import type { Vault } from '../vault.ts'

/** A key that its owner may bring here, before it has been opened. */
export interface ExpectedKey {
  readonly contract: VerifiedContract
  readonly manifest: Verified<Manifest>
  /** the manifest's slot, whose key the contract gives to this service, alone or among others */
  readonly slot: Slot
  /** the owner, as the log of acts names it */
  readonly by: Actor
  /** Ed25519 key (base64url) of the owner, who brings it */
  readonly caller: string
  readonly now: Date
}

/**
 * Checks everything about an import but the key itself: the contract is in force and names this very service, the manifest is
 * its owner's, and the caller is that owner.
 * @throws ReinraumError `permission-denied`, `key-mismatch`, and those of `verifyContract` and `verifyManifest`
 */
export async function expectKey(
  vault: Vault,
  request: { readonly contract: Uint8Array; readonly manifest: Uint8Array },
  context: RpcContext,
): Promise<ExpectedKey> {
  const now = vault.now()
  const contract = await verifyContract(request.contract, { now })
  const manifest = await verifyManifest(request.manifest, contract, now)
  const slot = ownSlot(vault, contract, manifest, context)
  requireNamesThisService(vault, contract.document)
  const by = await actorOf(callerMember(contract, context), context)
  return { contract, manifest, slot, by, caller: callerKey(context), now }
}

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
