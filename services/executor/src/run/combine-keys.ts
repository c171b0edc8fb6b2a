import { combineShares, constantTimeEqual, fromBase64url, isReinraumError, keyCheckValue, zeroise } from '@reinraum/crypto'
import { type Manifest, manifestCoreContext } from '@reinraum/statements'
import { type SlotCustody, unreached } from './custodies.ts'

const dataKeyLength = 32

/** key service id → slot → what that service holds of the slot's key: all of it, or a share */
export type KeyParts = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>

export interface CombinedKeys {
  /** slot → data key, 32 bytes; only those that could be had. The caller overwrites them. */
  readonly dataKeys: ReadonlyMap<string, Uint8Array>
  /** the key services that gave something wrong, for whichever slot */
  readonly wrong: ReadonlySet<string>
  /** whether every slot's key could be had from key services that gave nothing wrong */
  readonly complete: boolean
}

/**
 * Puts the key of every slot together and compares it with what its manifest commits to. Which key services gave something
 * wrong is known for certain wherever a right key came about; they are counted for no slot at all.
 */
export async function combineKeys(
  custodies: readonly SlotCustody[],
  manifests: ReadonlyMap<string, { readonly document: Manifest }>,
  parts: KeyParts,
): Promise<CombinedKeys> {
  const dataKeys = new Map<string, Uint8Array>()
  const wrong = new Set<string>()
  for (const custody of custodies) {
    const manifest = manifests.get(custody.slot)?.document
    const given = custody.services.flatMap((id) => {
      const part = parts.get(id)?.get(custody.slot)
      return part === undefined ? [] : [{ id, part }]
    })
    if (manifest === undefined || given.length < custody.threshold) continue
    const joined = await join(
      given.map(({ part }) => part),
      custody.threshold,
      (key) => isKeyOf(manifest, key),
    )
    if (joined.key !== undefined) dataKeys.set(custody.slot, joined.key)
    for (const index of joined.wrong) wrong.add(given[index]?.id as string)
  }
  const trusted = new Set([...parts.keys()].filter((id) => !wrong.has(id)))
  const complete = custodies.every(({ slot }) => dataKeys.has(slot)) && unreached(custodies, trusted).length === 0
  return { dataKeys, wrong, complete }
}

interface Joined {
  readonly key?: Uint8Array
  /** positions of the parts that are wrong, as far as that can be told */
  readonly wrong: readonly number[]
}

/** Of one part, the part is the key. The key is a copy in either case: parts and keys are overwritten each by their owner. */
async function join(parts: readonly Uint8Array[], threshold: number, isRight: (key: Uint8Array) => boolean): Promise<Joined> {
  if (threshold === 1) {
    const right = parts.find(isRight)
    const wrong = [...parts.keys()].filter((index) => !isRight(parts[index] as Uint8Array))
    return right === undefined ? { wrong } : { key: Uint8Array.from(right), wrong }
  }
  try {
    const { secret, wrong } = await combineShares(parts, threshold, isRight)
    return { key: secret, wrong }
  } catch (error) {
    if (isReinraumError(error) && error.code === 'share-invalid') return { wrong: [] }
    throw error
  }
}

function isKeyOf(manifest: Manifest, key: Uint8Array): boolean {
  if (key.length !== dataKeyLength) return false
  return constantTimeEqual(keyCheckValue(key, manifestCoreContext(manifest)), fromBase64url(manifest.keyCheck))
}

/** Overwrites everything that key services gave. */
export function zeroiseParts(parts: Iterable<ReadonlyMap<string, Uint8Array>>): void {
  for (const given of parts) zeroise(...given.values())
}
