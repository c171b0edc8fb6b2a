import { ReinraumError } from '@reinraum/crypto'
import { callerMember, enqueue, type Transaction } from '@reinraum/kit'
import type { AcceptContractRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { mergeSignatures, type VerifiedContract, verifyContract } from '@reinraum/statements'
import { statementEvent } from '../events.ts'
import type { Governance } from '../governance.ts'
import type { GovernanceTables } from '../store.ts'

/** Adds the caller's signatures to a stored contract. With the last member's the contract is in force. */
export async function acceptContract(governance: Governance, request: AcceptContractRequest, context: RpcContext) {
  const acceptance = await verifyContract(request.contract, { now: governance.now(), complete: false })
  const member = callerMember(acceptance, context)
  if (!acceptance.acceptedBy.includes(member.id))
    throw new ReinraumError('signature-missing', 'the caller has not signed the contract')
  const outcome = await governance.store.transaction((trx) => mergeAcceptance(governance, trx, acceptance))
  return outcome
}

/** Unites the stored signatures with new ones, verifies the union, and announces the contract when it becomes complete. */
export async function mergeAcceptance(governance: Governance, trx: Transaction<GovernanceTables>, acceptance: VerifiedContract) {
  const row = await trx.selectFrom('contracts').select(['bytes', 'in_force']).where('id', '=', acceptance.id).executeTakeFirst()
  if (row === undefined) throw new ReinraumError('not-found', 'no such contract')
  const bytes = await mergeSignatures(row.bytes, acceptance.bytes)
  const merged = await verifyContract(bytes, { now: governance.now(), complete: false })
  const inForce = merged.acceptedBy.length === merged.document.members.length
  await trx
    .updateTable('contracts')
    .set({ bytes: Buffer.from(bytes), in_force: inForce ? 1 : 0 })
    .where('id', '=', merged.id)
    .execute()
  if (inForce && row.in_force === 0) {
    await enqueue(trx, statementEvent(merged.id, 'contract', 'activated', merged.id, merged.document.kind))
  }
  return { contractId: merged.id, acceptedBy: [...merged.acceptedBy], inForce }
}
