import { canonicalBytes, hpkeSeal, ReinraumError, toBase64url, zeroise } from '@reinraum/crypto'
import { historyKeyCheck, historyPlace, type Release, type VerifiedRun } from '@reinraum/statements'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { smallestEntry } from './append.ts'
import { openOrCreateHistory, placeOf } from './histories.ts'

type Named = NonNullable<Extract<Release['outcome'], { readonly decision: 'released' }>['histories']>[number]

/** The key of a slot's history, sealed to a run, and what the release says of it. */
export interface SealedHistory {
  readonly sealedKey: Uint8Array
  readonly named: Named
}

/**
 * For each of these slots whose rule has results compared with earlier ones. It writes only after everything else of a release
 * was checked.
 * @throws ReinraumError `history-unreadable`, `history-full`
 */
export async function sealHistories(
  vault: Vault,
  trx: KeysTransaction,
  { contract }: Pick<VerifiedRun, 'contract'>,
  slots: readonly string[],
  { kemPublicKey, reportData, now }: { readonly kemPublicKey: Uint8Array; readonly reportData: Uint8Array; readonly now: Date },
): Promise<readonly SealedHistory[]> {
  const compared = contract.document.slots.filter(({ id, rule }) => slots.includes(id) && rule.output.differencing !== undefined)
  const sealed: SealedHistory[] = []
  for (const { id: slot } of compared) {
    const name = { contract_id: contract.id, slot }
    const place = placeOf(vault, name)
    const { key, entries, bytes, head } = await openOrCreateHistory(vault, trx, name, now)
    try {
      if (bytes + smallestEntry > vault.quotas.historyBytes)
        throw new ReinraumError('history-full', `the history of ${slot} is full`)
      const object = await hpkeSeal(kemPublicKey, key, { info: reportData, aad: historyPlace(place) })
      const named = { slot, key: toBase64url(historyKeyCheck(key, place)), entries, head }
      sealed.push({ sealedKey: canonicalBytes(object), named })
    } finally {
      zeroise(key)
    }
  }
  return sealed
}
