import type { RpcContext } from '@reinraum/rpc'
import { type AdministrativeAct, type Member, parseStatement, signStatement, thumbprint } from '@reinraum/statements'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'

/** Who asked for an act: a member, and the thumbprint of the key that signed the request. */
export interface Actor {
  readonly member: string
  readonly key: string
}

/** The member that `callerMember` found behind the request. */
export async function actorOf({ id, keys }: Member, { caller }: RpcContext): Promise<Actor> {
  return { member: id, key: await thumbprint(caller.kind === 'party' ? caller.key : keys.signing.ed25519) }
}

/**
 * Appends an act to the contract's log: a chain of signed statements, each naming the one before it, as for releases. It is
 * written in the transaction of the act itself.
 * @param by null where the service acts by itself
 */
export async function recordAct(
  vault: Vault,
  trx: KeysTransaction,
  contractId: string,
  by: Actor | null,
  act: AdministrativeAct,
): Promise<void> {
  const last = await trx
    .selectFrom('administration')
    .select(['sequence', 'id'])
    .where('contract_id', '=', contractId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  const sequence = (last?.sequence ?? 0) + 1
  const now = vault.now()
  const statement = await signStatement(
    {
      kind: 'reinraum/administration/v1',
      keyService: vault.id,
      contract: contractId,
      sequence,
      previous: last?.id ?? null,
      by: by?.member ?? null,
      byKey: by?.key ?? null,
      act,
      at: now.toISOString(),
    },
    vault.identity.signer,
  )
  const { id } = parseStatement(statement)
  await trx
    .insertInto('administration')
    .values({ contract_id: contractId, sequence, id, statement, acted_at: now.getTime() })
    .execute()
}

/** As many entries as one answer holds: about 7 kB each, of the 20 MiB that a message may have. */
export const actsPerPage = 1000

/** One page of the contract's log of acts, oldest first. */
export async function actsOf(
  db: Pick<KeysTransaction, 'selectFrom'>,
  contractId: string,
  afterSequence: number,
): Promise<{ readonly acts: Uint8Array[]; readonly more: boolean }> {
  const rows = await db
    .selectFrom('administration')
    .select('statement')
    .where('contract_id', '=', contractId)
    .where('sequence', '>', afterSequence)
    .orderBy('sequence')
    .limit(actsPerPage + 1)
    .execute()
  return { acts: rows.slice(0, actsPerPage).map((row) => row.statement), more: rows.length > actsPerPage }
}
