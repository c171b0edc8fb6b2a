import {
  constantTimeEqual,
  fromBase64url,
  hpkeOpen,
  parseStrictJson,
  ReinraumError,
  sealedObjectSchema,
  zeroise,
} from '@reinraum/crypto'
import type { KeysReleased } from '@reinraum/proto'
import { type Contract, historyKeyCheck, historyPlace, type Release } from '@reinraum/statements'
import type { AskedWith } from './open-released.ts'

/** A slot's history at one key service, as the release names it. */
export interface ReleasedHistory {
  /** 32 bytes; overwritten by whoever opened it */
  readonly key: Uint8Array
  readonly entries: number
  readonly head: string
}

/** slot → its history at one key service */
export type ReleasedHistories = ReadonlyMap<string, ReleasedHistory>

/**
 * Opens the keys of the histories that a key service released: of every slot whose rule has results compared, and of no other,
 * each the key that the release commits to.
 * @throws ReinraumError `key-mismatch`, and those of `hpkeOpen`
 */
export async function openHistories(
  keyService: string,
  { histories }: Pick<KeysReleased, 'histories'>,
  { outcome }: Release,
  slots: readonly string[],
  asked: AskedWith,
): Promise<ReleasedHistories> {
  const named = outcome.decision === 'released' ? (outcome.histories ?? []) : []
  const expected = comparedSlots(asked.run.contract.document, slots)
  const given = (list: readonly { readonly slot: string }[]) =>
    list
      .map(({ slot }) => slot)
      .sort()
      .join(' ')
  if ([named, histories].some((list) => given(list) !== expected.toSorted().join(' '))) throw mismatch(keyService)
  const opened = new Map<string, ReleasedHistory>()
  try {
    for (const { slot, sealedKey } of histories) {
      const said = named.find((history) => history.slot === slot)
      const sealed = sealedObjectSchema.safeParse(parseStrictJson(sealedKey))
      if (said === undefined || !sealed.success) throw mismatch(keyService)
      const place = { keyService, contract: asked.run.contract.id, slot }
      const binding = { info: asked.reportData, aad: historyPlace(place) }
      const key = await hpkeOpen(asked.keys.kem.privateKey, asked.keys.kem.publicKey, sealed.data, binding)
      opened.set(slot, { key, entries: said.entries, head: said.head })
      if (key.length !== 32 || !constantTimeEqual(historyKeyCheck(key, place), fromBase64url(said.key)))
        throw mismatch(keyService)
    }
    return opened
  } catch (error) {
    zeroiseHistories([opened])
    throw error
  }
}

function comparedSlots({ slots }: Pick<Contract, 'slots'>, read: readonly string[]): readonly string[] {
  return slots.filter(({ id, rule }) => read.includes(id) && rule.output.differencing !== undefined).map(({ id }) => id)
}

/** Overwrites the keys of histories. */
export function zeroiseHistories(all: Iterable<ReleasedHistories>): void {
  for (const histories of all) zeroise(...[...histories.values()].map(({ key }) => key))
}

function mismatch(service: string): ReinraumError {
  return new ReinraumError('key-mismatch', `key service ${service} released other histories than its statement names`)
}
