import { create, toBinary } from '@bufbuild/protobuf'
import { constantTimeEqual, fromBase64url, keyCheckValue, ReinraumError, zeroise } from '@reinraum/crypto'
import { enqueue, newEvent } from '@reinraum/kit'
import { KeyDecidedSchema } from '@reinraum/proto'
import { keyCustodyOf, type Manifest, manifestCoreContext, type Slot } from '@reinraum/statements'
import { recordAct } from '../administration/act-log.ts'
import { rememberContract } from '../contracts.ts'
import { dataKeyLength, keyShareLength, storeDataKey } from '../data-keys.ts'
import { rememberLedgers } from '../ledger/contracts-of-ledger.ts'
import { ledgersOfVersion } from '../ledger/ledgers-of-run.ts'
import { knownRevocations } from '../revocations.ts'
import { requireNotLocked } from '../rollback/locks.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import type { ExpectedKey } from './expected-key.ts'

/**
 * Stores a key, or a share of one, that has been opened, and overwrites it. The same key again changes nothing.
 * @throws ReinraumError `invalid-argument` for another length, `key-mismatch` when the manifest commits to another key,
 *   `revoked`, `rollback-detected`, `conflict`, `key-destroyed`,
 *   `resource-exhausted`
 */
export async function takeKey(
  vault: Vault,
  expected: ExpectedKey,
  key: Uint8Array,
): Promise<{ readonly keyId: string; readonly created: boolean }> {
  const { contract, manifest, caller, now } = expected
  const { slot, by: owner, key: keyId } = manifest.document
  try {
    requireKeyOf(expected.slot, manifest.document, key)
    const ledgers = await ledgersOfVersion(contract.document, manifest.document)
    const created = await vault.store.transaction(async (trx) => {
      await requireNotRevoked(trx, expected)
      await rememberContract(vault, trx, contract, caller, now)
      await requireNotLocked(trx, contract.id)
      await rememberLedgers(trx, contract.id, ledgers)
      const name = { contractId: contract.id, slot, manifestId: manifest.id, keyId, owner }
      const version = await storeDataKey(vault, trx, name, key, now)
      if (version === undefined) return false
      const act = { type: 'key-imported' as const, slot, manifest: manifest.id, key: keyId, version }
      await recordAct(vault, trx, contract.id, expected.by, act)
      await announce(vault, trx, contract.id)
      return true
    })
    vault.log.info({ contractId: contract.id, slot, manifestId: manifest.id, created }, 'key imported')
    return { keyId, created }
  } finally {
    zeroise(key)
  }
}

/** All of a key is what its manifest commits to. Of a share only its length can be told; who combines it looks at the key. */
function requireKeyOf(slot: Slot, manifest: Manifest, key: Uint8Array): void {
  const whole = keyCustodyOf(slot).services.length === 1
  if (key.length !== (whole ? dataKeyLength : keyShareLength))
    throw new ReinraumError('invalid-argument', `a data key has ${dataKeyLength} bytes, a share of one ${keyShareLength}`)
  if (whole && !constantTimeEqual(keyCheckValue(key, manifestCoreContext(manifest)), fromBase64url(manifest.keyCheck)))
    throw new ReinraumError('key-mismatch', 'this is not the key that the manifest commits to')
}

async function requireNotRevoked(trx: KeysTransaction, { contract, manifest }: ExpectedKey): Promise<void> {
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
