import { canonicalBytes, concatBytes, type DigestId, digestId, keyCheckValue, utf8 } from '@reinraum/crypto'

/** One key service's history of the results over one slot under one contract. */
export interface HistoryPlace {
  readonly keyService: string
  readonly contract: string
  readonly slot: string
}

/** The longest entry, sealed. */
export const longestHistoryEntry = 1 << 20

/** What the history's key is bound to where it is sealed to a run. */
export function historyPlace({ keyService, contract, slot }: HistoryPlace): Uint8Array {
  return canonicalBytes({ v: 'reinraum/history/v1', keyService, contract, slot })
}

/** Where a history without entries ends. */
export function emptyHistory(place: HistoryPlace): DigestId {
  return digestId(historyPlace(place))
}

/** Where a history ends after one more sealed entry. */
export function extendHistory(head: string, entry: Uint8Array): DigestId {
  return digestId(concatBytes(utf8(`${head}\n`), entry))
}

/** A commitment to a history's key, which the release names. */
export function historyKeyCheck(key: Uint8Array, place: HistoryPlace): Uint8Array {
  return keyCheckValue(key, concatBytes(utf8('key\n'), historyPlace(place)))
}

/** That whoever wants an entry to be `appended`, or says that it was, has the history's key: it is no channel's word. */
export function historyProof(
  key: Uint8Array,
  place: HistoryPlace,
  said: { readonly what: 'append' | 'appended'; readonly run: string; readonly head: string },
): Uint8Array {
  return keyCheckValue(key, concatBytes(utf8(`${said.what}\n${said.run}\n${said.head}\n`), historyPlace(place)))
}

/** What a history's entries are sealed under. */
export function historyEntryKey(key: Uint8Array, place: HistoryPlace): Uint8Array {
  return keyCheckValue(key, concatBytes(utf8('entries\n'), historyPlace(place)))
}
