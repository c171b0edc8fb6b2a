import { ReinraumError } from '@reinraum/crypto'
import { callerMember } from '@reinraum/kit'
import type { DescribeKeyRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { verifiedContract } from '../contracts.ts'
import { knownRevocations } from '../revocations.ts'
import type { Vault } from '../vault.ts'

/** What became of a key, for the owner who imported it. */
export async function describeKey(vault: Vault, { contractId, keyId }: DescribeKeyRequest, context: RpcContext) {
  return vault.store.transaction(async (trx) => {
    const member = callerMember(await verifiedContract(trx, contractId), context)
    const key = await trx
      .selectFrom('data_keys')
      .selectAll()
      .where('contract_id', '=', contractId)
      .where('key_id', '=', keyId)
      .where('owner', '=', member.id)
      .executeTakeFirst()
    // Another owner's key is as unknown as one that does not exist.
    if (key === undefined) throw new ReinraumError('key-unknown', 'no such key of this owner is here')
    const { count } = await trx
      .selectFrom('released_keys')
      .select(trx.fn.countAll<number>().as('count'))
      .where('contract_id', '=', contractId)
      .where('manifest_id', '=', key.manifest_id)
      .executeTakeFirstOrThrow()
    const revocations = await knownRevocations(trx, contractId, new Map([[key.manifest_id, key.owner]]))
    const revoked = revocations.some(({ document: { target } }) => target.type !== 'member' || target.member === key.owner)
    const { slot, manifest_id: manifestId, imported_at } = key
    return { keyId, slot, manifestId, importedAt: BigInt(imported_at), releases: count, revoked }
  })
}
