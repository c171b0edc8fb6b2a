import { ReinraumError } from '@reinraum/crypto'
import { callerMember, enqueue } from '@reinraum/kit'
import type { ProposeContractRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { verifyContract } from '@reinraum/statements'
import { statementEvent } from '../events.ts'
import type { Governance } from '../governance.ts'
import { mergeAcceptance } from './accept-contract.ts'

/** Stores a contract that the caller signed as one of its members. Proposing it again adds what is new. */
export async function proposeContract(governance: Governance, request: ProposeContractRequest, context: RpcContext) {
  const contract = await verifyContract(request.contract, { now: governance.now(), complete: false })
  const member = callerMember(contract, context)
  if (!contract.acceptedBy.includes(member.id))
    throw new ReinraumError('signature-missing', 'the proposer has not signed the contract')
  const outcome = await governance.store.transaction(async (trx) => {
    const known = await trx.selectFrom('contracts').select('id').where('id', '=', contract.id).executeTakeFirst()
    if (known === undefined) {
      await trx
        .insertInto('contracts')
        .values({ id: contract.id, bytes: Buffer.from(contract.bytes), in_force: 0 })
        .execute()
      await enqueue(trx, statementEvent(contract.id, 'contract', 'proposed', contract.id, contract.document.kind))
    }
    return mergeAcceptance(governance, trx, contract)
  })
  return outcome
}
