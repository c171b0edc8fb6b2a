import { ReinraumError } from '@reinraum/crypto'
import type { Bus } from '@reinraum/kit'
import { callerMember } from '@reinraum/kit'
import type { RpcContext } from '@reinraum/rpc'
import { type Contract, type Member, parseStatement, type VerifiedContract, verifyContract } from '@reinraum/statements'
import type { RunWatch } from './run-watch.ts'
import type { GovernanceStore } from './store.ts'

/** What every RPC of this service works with. */
export interface Governance {
  readonly store: GovernanceStore
  readonly bus: Bus
  readonly watch: RunWatch
  now(): Date
}

/**
 * A stored contract that the caller belongs to. Nobody else is told that it exists, nor how it stands.
 * @param options.about what is asked for, as it is called when the caller may not know of it
 * @throws ReinraumError `not-found`; to a member `contract-incomplete`, `expired`, `not-yet-valid`
 */
export async function contractOfCaller(
  governance: Governance,
  context: RpcContext,
  contractId: string,
  { complete, about = 'contract' }: { readonly complete: boolean; readonly about?: 'contract' | 'query' | 'run' },
): Promise<{ readonly contract: VerifiedContract; readonly member: Member }> {
  const row = await governance.store.db.selectFrom('contracts').select('bytes').where('id', '=', contractId).executeTakeFirst()
  const named = row === undefined ? undefined : parseStatement(row.bytes).document
  // Who asks comes before everything else that could be wrong, or the answer would tell a stranger how the contract stands.
  if (row === undefined || named?.kind !== 'reinraum/contract/v1' || !isMember(named, context))
    throw new ReinraumError('not-found', `no such ${about}`)
  const contract = await verifyContract(row.bytes, { now: governance.now(), complete })
  return { contract, member: callerMember(contract, context) }
}

function isMember({ members }: Contract, { caller }: RpcContext): boolean {
  return caller.kind === 'party' && members.some(({ keys }) => keys.signing.ed25519.x === caller.key.x)
}
