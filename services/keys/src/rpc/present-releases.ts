import { create, toBinary } from '@bufbuild/protobuf'
import type { ErrorCode } from '@reinraum/crypto'
import { ReinraumError } from '@reinraum/crypto'
import { callerMember, enqueue, newEvent } from '@reinraum/kit'
import { KeyDecidedSchema, type PresentReleasesRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { verifyRelease } from '@reinraum/statements'
import { callerKey } from '../caller-key.ts'
import { rememberContract, requireNamesThisService } from '../contracts.ts'
import { learnContract } from '../learn-revocations.ts'
import { enterShown } from '../ledger/enter-shown.ts'
import { type LockReason, lockContract } from '../rollback/locks.ts'
import { logStateOf } from '../rollback/log-state.ts'
import { compareWithLog, mendLog } from '../rollback/mend-log.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'

/**
 * Holds releases that a member kept against the log. Only this service can have signed them, so one that the log lacks proves
 * that the store was set back: the contract is locked in the same transaction, and the log mended as far as they link up. Debits
 * that the ledgers lack are entered with it, before any lock opens.
 */
export async function presentReleases(vault: Vault, { contractId, releases }: PresentReleasesRequest, context: RpcContext) {
  const contract = await learnContract(vault, contractId)
  callerMember(contract, context)
  requireNamesThisService(vault, contract.document)
  const shown = await Promise.all(releases.map((statement) => verifyRelease(statement, contract)))
  if (shown.some(({ document }) => document.keyService !== vault.id))
    throw new ReinraumError('contract-mismatch', 'a release is by another key service')
  const state = await vault.store.transaction(async (trx) => {
    const now = vault.now()
    await rememberContract(vault, trx, contract, callerKey(context), now)
    for (const release of shown) {
      const finding = await compareWithLog(trx, release)
      const entered = await enterShown(vault, trx, release.document, contract.document)
      if (entered > 0) vault.log.warn({ contractId, entered }, 'debits that ledgers lacked were entered')
      if (finding === 'missing' || entered > 0) await lock(vault, trx, contractId, 'set-back', now)
      if (finding === 'contradiction') await lock(vault, trx, contractId, 'forked', now)
    }
    const appended = await mendLog(trx, contract, now)
    if (appended > 0) vault.log.warn({ contractId, appended }, 'releases that the log lacked were appended to it')
    return logStateOf(vault, trx, contract)
  })
  return { state }
}

async function lock(vault: Vault, trx: KeysTransaction, contractId: string, reason: LockReason, now: Date): Promise<void> {
  if (!(await lockContract(trx, contractId, reason, now))) return
  vault.log.error({ contractId, reason }, 'this store has been set back: a release was shown that its log lacks')
  const reasonCode: ErrorCode = 'rollback-detected'
  const body = toBinary(KeyDecidedSchema, create(KeyDecidedSchema, { contractId, keyServiceId: vault.id, reasonCode }))
  await enqueue(trx, newEvent({ noun: 'key', verb: 'denied', contractId, body, time: now }))
}
