import { ReinraumError } from '@reinraum/crypto'
import { callerMember } from '@reinraum/kit'
import type { ApplyRevocationRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { parseStatement } from '@reinraum/statements'
import { actorOf, recordAct } from '../administration/act-log.ts'
import { callerKey } from '../caller-key.ts'
import { rememberContract } from '../contracts.ts'
import { learnContract } from '../learn-revocations.ts'
import { keepRevocation } from '../revocations.ts'
import type { Vault } from '../vault.ts'

/** Takes a revocation or a rejection from a member's own hand: nobody in between can hold it back. Effective with the answer. */
export async function applyRevocation(vault: Vault, { revocation }: ApplyRevocationRequest, context: RpcContext) {
  const { document } = parseStatement(revocation)
  if (document.kind !== 'reinraum/revocation/v1' && document.kind !== 'reinraum/rejection/v1')
    throw new ReinraumError('unknown-kind', 'this statement is neither a revocation nor a rejection')
  const contract = await learnContract(vault, document.contract)
  const by = await actorOf(callerMember(contract, context), context)
  const { id, added } = await vault.store.transaction(async (trx) => {
    const now = vault.now()
    await rememberContract(vault, trx, contract, callerKey(context), now)
    const kept = await keepRevocation(trx, revocation, contract, now)
    if (kept.added) await recordAct(vault, trx, contract.id, by, { type: 'revocation-applied', revocation: kept.id })
    return kept
  })
  const target = 'target' in document ? document.target.type : 'query'
  vault.log.info({ contractId: contract.id, revocationId: id, added, target }, 'revocation applied')
  return { revocationId: id }
}
