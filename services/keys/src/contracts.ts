import { canonicalBytes, constantTimeEqual, ReinraumError } from '@reinraum/crypto'
import { type Contract, isHeldBy, type KeyHolders, type VerifiedContract, verifyContract } from '@reinraum/statements'
import { requireBelow } from './quotas.ts'
import { isRestored, lockContract } from './rollback/locks.ts'
import { rootKeyControl } from './seal/control.ts'
import type { KeysTransaction } from './store.ts'
import type { Vault } from './vault.ts'

type Reader = Pick<KeysTransaction, 'selectFrom'>

/**
 * The known contract with exactly this id. A newer or older contract between the same members is another id, and keys
 * imported under one are never released under the other. Its signatures are verified again, as of the day it became known:
 * the store lies on a disk that others may write. Whether it is still in force is for the caller to ask.
 * @throws ReinraumError `key-unknown` when this service knows no such contract
 */
export async function verifiedContract(db: Reader, contractId: string): Promise<VerifiedContract> {
  const row = await db.selectFrom('contracts').selectAll().where('id', '=', contractId).executeTakeFirst()
  if (row === undefined) throw new ReinraumError('key-unknown', 'this key service knows no such contract')
  const contract = await verifyContract(row.statement, { now: new Date(row.known_since) })
  if (contract.id !== contractId) throw new ReinraumError('contract-mismatch', 'a stored contract stands in the row of another')
  return contract
}

/** Who brings a contract when it is no party but an event. */
export const byGovernance = 'governance'

/**
 * Remembers a contract that names this service. One that is known already costs nobody anything. In a store from a backup it
 * may be one that was known before, and a new one is locked like those that the backup held: its notBefore would tell them
 * apart only if nobody could set the clock of a restore.
 * @param by the Ed25519 key (base64url) of the party that brings it, or `byGovernance`
 * @throws ReinraumError `resource-exhausted` when this party has brought as many as it may
 */
export async function rememberContract(
  vault: Vault,
  trx: KeysTransaction,
  contract: VerifiedContract,
  by: string,
  now: Date,
): Promise<void> {
  const known = await trx.selectFrom('contracts').select('id').where('id', '=', contract.id).executeTakeFirst()
  if (known !== undefined) return
  const brought = trx.selectFrom('contract_introductions').where('by', '=', by)
  const { count } = await brought.select(trx.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
  requireBelow(count, vault.quotas.contractsPerParty, 'contracts brought by one party')
  const row = { id: contract.id, statement: contract.bytes, known_since: now.getTime() }
  await trx.insertInto('contracts').values(row).execute()
  await trx.insertInto('contract_introductions').values({ contract_id: contract.id, by }).execute()
  if (await isRestored(trx)) await lockContract(trx, contract.id, 'restored', now)
}

/**
 * Checks that the contract names this very service: its id, its keys, its custody, and, if it says so, who unseals it.
 * @throws ReinraumError `key-mismatch`
 */
export function requireNamesThisService(vault: Vault, contract: Contract): void {
  const named = contract.keyServices.find((service) => service.id === vault.id)
  const same =
    named !== undefined &&
    constantTimeEqual(canonicalBytes(named.keys), vault.identity.publicKeysJson) &&
    named.custody === vault.custody &&
    (named.custody === 'owner' ? named.operator === vault.operator : isInRightHands(vault, named.unsealedBy))
  if (!same)
    throw new ReinraumError('key-mismatch', 'the contract does not name this key service with these keys and this custody')
}

function isInRightHands({ root }: Vault, unsealedBy: KeyHolders | undefined): boolean {
  return unsealedBy === undefined || isHeldBy(rootKeyControl(root.kind, root.shared?.people), unsealedBy)
}
