import { ReinraumError } from '@reinraum/crypto'
import { openStatement } from '../jws.ts'
import { keyCustodyOf } from '../key-custody.ts'
import type { Contract } from '../kinds/contract.ts'
import type { Receipt } from '../kinds/receipt.ts'
import { asVerified, expectKind, type Verified, type VerifiedContract } from '../verified.ts'
import { assertSignedBy } from './parties.ts'

/**
 * Verifies a receipt's form, its place in the contract and its signatures by the per-run keys **that it names itself**.
 * That those keys lived inside an accepted executor is what the evidence says: the caller appraises it against
 * `binding`. Throws `contract-mismatch`, `receipt-invalid`, `signature-invalid`, `signature-missing`, `unknown-member`.
 */
export async function verifyReceipt(bytes: Uint8Array, contract: VerifiedContract): Promise<Verified<Receipt>> {
  const opened = expectKind(openStatement(bytes), 'reinraum/receipt/v1')
  const receipt = opened.document
  if (receipt.contract !== contract.id) throw new ReinraumError('contract-mismatch', 'the receipt belongs to another contract')
  const signer = { id: 'the run', signing: receipt.binding.sig }
  await assertSignedBy(opened, signer, [signer])
  const fault = faultOf(receipt, contract.document)
  if (fault) throw new ReinraumError('receipt-invalid', fault)
  return asVerified(opened)
}

function faultOf(receipt: Receipt, contract: Contract): string | undefined {
  const parties = [...contract.members, ...contract.keyServices].map((party) => party.keys.signing)
  const { ed25519, mldsa65 } = receipt.binding.sig
  if (parties.some((keys) => keys.ed25519.x === ed25519.x || keys.mldsa65.pub === mldsa65.pub)) {
    return 'the receipt is signed with the keys of a party instead of keys of the run'
  }
  const slots = receipt.manifests.map((m) => m.slot)
  const declared = contract.slots.filter((slot) => slots.includes(slot.id))
  if (new Set(slots).size !== slots.length || declared.length !== slots.length) {
    return 'the receipt names a slot twice, or one that the contract does not have'
  }
  const custodies = declared.map(keyCustodyOf)
  const asked = Object.keys(receipt.binding.nonces)
  if (!asked.every((id) => custodies.some(({ services }) => services.includes(id)))) {
    return 'the receipt holds a nonce of a key service that is not involved'
  }
  if (!custodies.every(({ services, threshold }) => services.filter((id) => asked.includes(id)).length >= threshold)) {
    return 'the receipt does not hold nonces of enough key services'
  }
  if (!isSubset(receipt.gate.recipients, contract.results.recipients)) return 'the contract does not know a recipient'
  const reviewers = contract.results.reviewers.map((reviewer) => reviewer.member)
  if (receipt.gate.reviewers.join() !== reviewers.join()) return 'the reviewers are not those of the contract'
  if (receipt.gate.layers.length !== reviewers.length + 1) return 'the receipt has the wrong number of gate layers'
  if (new Set(receipt.releases).size !== receipt.releases.length) return 'the receipt names a release twice'
  return undefined
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return new Set(some).size === some.length && some.every((value) => all.includes(value))
}
