import { canonicalBytes, constantTimeEqual, ReinraumError } from '@reinraum/crypto'
import { type Contract, type VerifiedContract, verifyContract } from '@reinraum/statements'
import { isRestored, lockContract } from './rollback/locks.ts'
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

/**
 * Remembers a contract that names this service. In a store from a backup it may be one that was known before, and a new one is
 * locked like those that the backup held: its notBefore would tell them apart only if nobody could set the clock of a restore.
 */
export async function rememberContract(trx: KeysTransaction, contract: VerifiedContract, now: Date): Promise<void> {
  const { numInsertedOrUpdatedRows: added } = await trx
    .insertInto('contracts')
    .values({ id: contract.id, statement: contract.bytes, known_since: now.getTime() })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  if (added === 1n && (await isRestored(trx))) await lockContract(trx, contract.id, 'restored', now)
}

/**
 * Checks that the contract names this very service: its id, its keys, its custody.
 * @throws ReinraumError `key-mismatch`
 */
export function requireNamesThisService(vault: Vault, contract: Contract): void {
  const named = contract.keyServices.find((service) => service.id === vault.id)
  const same =
    named !== undefined &&
    constantTimeEqual(canonicalBytes(named.keys), vault.identity.publicKeysJson) &&
    named.custody === vault.custody &&
    (named.custody !== 'owner' || named.operator === vault.operator)
  if (!same)
    throw new ReinraumError('key-mismatch', 'the contract does not name this key service with these keys and this custody')
}
