import { canonicalBytes, digestId } from '@reinraum/crypto'
import type { Accounting } from '@reinraum/privacy'
import type { Contract } from '../kinds/contract.ts'
import type { DigestId } from '../parts/identifiers.ts'
import { thumbprint } from '../signer.ts'

/** One part of one dataset, as its owner names it in manifests. The same data has the same name under every contract. */
export interface LedgerName {
  /** RFC 7638 thumbprint of the owner's Ed25519 key: what somebody else calls the same is another dataset */
  readonly owner: string
  readonly dataset: string
  readonly period: number
  /** what it counts: millionths of ε are no billionths of ρ */
  readonly accounting: Accounting
}

export function ledgerId({ owner, dataset, period, accounting }: LedgerName): DigestId {
  return digestId(canonicalBytes({ v: 'reinraum/ledger/v1', owner, dataset, period, accounting }))
}

/** Names a part of the dataset in this slot. The slot is one of the contract's. */
export async function ledgerNameOf(
  contract: Pick<Contract, 'members' | 'slots'>,
  slotId: string,
  { dataset, period, accounting }: Omit<LedgerName, 'owner'>,
): Promise<LedgerName> {
  const slot = contract.slots.find(({ id }) => id === slotId)
  const owner = contract.members.find(({ id }) => id === slot?.owner)
  if (owner === undefined) throw new TypeError('a slot without an owner')
  return { owner: await thumbprint(owner.keys.signing.ed25519), dataset, period, accounting }
}

/** One key service's ledger. Each key service keeps its own, also of data whose key several of them hold together. */
export interface LedgerPlace {
  readonly keyService: string
  readonly ledger: DigestId
}

/** Where a ledger without entries ends. */
export function emptyLedger({ keyService, ledger }: LedgerPlace): DigestId {
  return digestId(canonicalBytes({ v: 'reinraum/ledger-beginning/v1', keyService, ledger }))
}
