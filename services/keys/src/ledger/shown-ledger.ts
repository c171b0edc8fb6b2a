import type { MessageInitShape } from '@bufbuild/protobuf'
import { ReinraumError } from '@reinraum/crypto'
import { callerMember } from '@reinraum/kit'
import type { Charge } from '@reinraum/privacy'
import { type LedgerChargeSchema, LedgerEntryKind, type LedgerEntrySchema, type LedgerEventSchema } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { type LedgerEvent, thumbprint } from '@reinraum/statements'
import { verifiedContract } from '../contracts.ts'
import type { KeysTransaction } from '../store.ts'
import { isOfContract } from './contracts-of-ledger.ts'
import type { OwnEntry } from './ledger-rows.ts'

/**
 * The caller, a member of a contract under which data of the ledger was brought here.
 * @returns whose entries it may know all about: those of datasets of its own
 * @throws ReinraumError `permission-denied`, `key-unknown`; `not-found` for a ledger of other contracts, as for one
 * that there is not
 */
export async function requireLedgerOf(
  trx: KeysTransaction,
  { contractId, ledger }: { readonly contractId: string; readonly ledger: string },
  context: RpcContext,
): Promise<{ readonly owner: string }> {
  const member = callerMember(await verifiedContract(trx, contractId), context)
  if (!(await isOfContract(trx, ledger, contractId)))
    throw new ReinraumError('not-found', 'no dataset of this contract has such a ledger here')
  return { owner: await thumbprint(member.keys.signing.ed25519) }
}

export function chargeMessage({ epsilon, delta }: Charge): MessageInitShape<typeof LedgerChargeSchema> {
  return { epsilon: BigInt(epsilon), delta: BigInt(delta) }
}

/** An entry as its reader may see it: what it is for is the dataset owner's and its own contract's to know. */
export function entryMessage({ entry, event }: OwnEntry, mayKnow: boolean): MessageInitShape<typeof LedgerEntrySchema> {
  return {
    sequence: entry.sequence,
    kind: entry.kind === 'debit' ? LedgerEntryKind.DEBIT : LedgerEntryKind.ENTERED,
    charge: chargeMessage(entry.charge),
    charged: chargeMessage(entry.charged),
    spent: chargeMessage(entry.spent),
    eventDigest: entry.event,
    ...(mayKnow ? { event: eventMessage(event) } : {}),
  }
}

function eventMessage({ contract, run, slot, manifest, at, origin }: LedgerEvent): MessageInitShape<typeof LedgerEventSchema> {
  const shown = origin === null ? {} : { origin: { digest: origin.digest, spent: chargeMessage(origin.spent) } }
  return { contractId: contract, runId: run, slot, manifestId: manifest, at: BigInt(Date.parse(at)), ...shown }
}
