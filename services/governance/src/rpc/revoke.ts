import { ReinraumError } from '@reinraum/crypto'
import { enqueue } from '@reinraum/kit'
import type { RevokeRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import {
  assertRevocationFits,
  parseStatement,
  type Revocation,
  type VerifiedContract,
  verifyDecisionAtAnyTime,
  verifyManifest,
  verifyRevocation,
} from '@reinraum/statements'
import { statementEvent } from '../events.ts'
import { contractOfCaller, type Governance } from '../governance.ts'

/** Records a revocation and tells key services and executors that there is one. */
export async function revoke(governance: Governance, request: RevokeRequest, context: RpcContext) {
  const { document } = parseStatement(request.revocation)
  if (document.kind !== 'reinraum/revocation/v1') throw new ReinraumError('unknown-kind', 'expected a revocation')
  const { contract, member } = await contractOfCaller(governance, context, document.contract, { complete: true })
  const revocation = await verifyRevocation(request.revocation, contract, governance.now())
  if (revocation.document.by !== member.id)
    throw new ReinraumError('permission-denied', 'the revocation is signed by another member')
  assertRevocationFits(revocation, await targeted(governance, revocation.document, contract))
  await governance.store.transaction(async (trx) => {
    const inserted = await trx
      .insertInto('revocations')
      .values({
        id: revocation.id,
        contract_id: contract.id,
        bytes: Buffer.from(revocation.bytes),
        recorded_at: governance.now().getTime(),
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst()
    if (Number(inserted.numInsertedOrUpdatedRows ?? 0) === 0) return
    await enqueue(trx, statementEvent(contract.id, 'revocation', 'issued', revocation.id, revocation.document.kind))
  })
  return { revocationId: revocation.id }
}

/**
 * The statement that a revocation names, as it is stored here. What belongs to someone else would make every later bundle of
 * the contract invalid, so it is not taken in.
 */
async function targeted(governance: Governance, { target }: Revocation, contract: VerifiedContract) {
  const { db } = governance.store
  const stored = async (table: 'decisions' | 'manifests', id: string) =>
    db.selectFrom(table).select('bytes').where('id', '=', id).where('contract_id', '=', contract.id).execute()
  const decisions = target.type === 'approval' ? await stored('decisions', target.approval) : []
  const manifests = target.type === 'datasetVersion' ? await stored('manifests', target.manifest) : []
  return {
    decisions: await Promise.all(decisions.map(({ bytes }) => verifyDecisionAtAnyTime(bytes, contract))),
    manifests: await Promise.all(manifests.map(({ bytes }) => verifyManifest(bytes, contract, governance.now()))),
  }
}
