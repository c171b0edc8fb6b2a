import { ReinraumError } from '@reinraum/crypto'
import type { Bus } from '@reinraum/kit'
import { callerMember } from '@reinraum/kit'
import type { RpcContext } from '@reinraum/rpc'
import { type Member, type VerifiedContract, verifyContract } from '@reinraum/statements'
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
 * A stored contract that the caller belongs to. Whether the contract exists is not said to anyone else.
 * @throws ReinraumError `not-found`
 */
export async function contractOfCaller(
  governance: Governance,
  context: RpcContext,
  contractId: string,
  options: { readonly complete: boolean },
): Promise<{ readonly contract: VerifiedContract; readonly member: Member }> {
  const contract = await storedContract(governance, contractId, options)
  try {
    return { contract, member: callerMember(contract, context) }
  } catch (cause) {
    throw new ReinraumError('not-found', 'no such contract', { cause })
  }
}

export async function storedContract(
  { store, now }: Pick<Governance, 'store' | 'now'>,
  contractId: string,
  { complete }: { readonly complete: boolean },
): Promise<VerifiedContract> {
  const row = await store.db.selectFrom('contracts').select('bytes').where('id', '=', contractId).executeTakeFirst()
  if (row === undefined) throw new ReinraumError('not-found', 'no such contract')
  return verifyContract(row.bytes, { now: now(), complete })
}
