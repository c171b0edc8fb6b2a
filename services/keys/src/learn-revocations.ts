import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { type VerifiedContract, verifyContract } from '@reinraum/statements'
import { recordAct } from './administration/act-log.ts'
import { byGovernance, rememberContract, requireNamesThisService, verifiedContract } from './contracts.ts'
import { keepRevocation } from './revocations.ts'
import type { KeysTransaction } from './store.ts'
import type { Vault } from './vault.ts'

/** As many as one run bundle holds. */
const maximumRevocations = 1024

/**
 * The contract with this id, from the store or, when it is new to this service, from governance: an owner may revoke before
 * anything was imported.
 * @throws ReinraumError `key-mismatch` when it does not name this service, `contract-mismatch`, `not-found`, `unavailable`
 */
export async function learnContract(vault: Vault, contractId: string): Promise<VerifiedContract> {
  const known = await knownContract(vault, contractId)
  if (known !== undefined) return known
  const { contract } = await vault.directory.revocationsOf(contractId)
  return acceptContract(vault, contractId, contract)
}

/**
 * Fetches what governance holds about a contract's revocations, after an event said that there is a new one. Each is verified
 * here; one that is not valid is left out with a warning.
 * @returns what to write, in the transaction that marks the lookup as done
 */
export async function learnRevocations(vault: Vault, contractId: string): Promise<(trx: KeysTransaction) => Promise<void>> {
  const { contract: bytes, revocations } = await vault.directory.revocationsOf(contractId)
  const contract = (await knownContract(vault, contractId)) ?? (await acceptContract(vault, contractId, bytes))
  return async (trx) => {
    const now = vault.now()
    if (!(await remembered(vault, trx, contract, now))) return
    for (const statement of revocations.slice(0, maximumRevocations)) {
      try {
        const { id, added } = await keepRevocation(trx, statement, contract, now)
        if (!added) continue
        await recordAct(vault, trx, contract.id, null, { type: 'revocation-applied', revocation: id })
        vault.log.info({ contractId, revocationId: id }, 'revocation learned from governance')
      } catch (error) {
        if (!isReinraumError(error) || error.code === 'internal' || error.code === 'storage-full') throw error
        vault.log.warn({ contractId, reason: error.code }, 'governance shows a revocation that is not valid')
      }
    }
  }
}

/** A contract too many is let go, and with it what was revoked under it: nothing was ever imported here under such a contract. */
async function remembered(vault: Vault, trx: KeysTransaction, contract: VerifiedContract, now: Date): Promise<boolean> {
  try {
    await rememberContract(vault, trx, contract, byGovernance, now)
    return true
  } catch (error) {
    if (!isReinraumError(error) || error.code !== 'resource-exhausted') throw error
    vault.log.error({ contractId: contract.id }, 'governance brought more contracts than the quota allows')
    return false
  }
}

async function knownContract(vault: Vault, contractId: string): Promise<VerifiedContract | undefined> {
  try {
    return await verifiedContract(vault.store.db, contractId)
  } catch (error) {
    if (isReinraumError(error) && error.code === 'key-unknown') return undefined
    throw error
  }
}

async function acceptContract(vault: Vault, contractId: string, bytes: Uint8Array): Promise<VerifiedContract> {
  const contract = await verifyContract(bytes, { now: vault.now() })
  if (contract.id !== contractId) throw new ReinraumError('contract-mismatch', 'governance answered with another contract')
  requireNamesThisService(vault, contract.document)
  return contract
}
