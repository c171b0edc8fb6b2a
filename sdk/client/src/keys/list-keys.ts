import type { MessageShape } from '@bufbuild/protobuf'
import { ReinraumError } from '@reinraum/crypto'
import { type KeyDescriptionSchema, KeyState, type SlotDescriptionSchema } from '@reinraum/proto'
import type { VerifiedContract } from '@reinraum/statements'
import type { Session } from '../session.ts'
import { type AtKeyService, atEachKeyService, ownKeyServices } from './at-each-key-service.ts'
import { keyReference } from './key-reference.ts'

/** One key as a key service keeps it. */
export interface StoredKey {
  readonly slot: string
  readonly manifestId: string
  readonly keyId: string
  readonly state: 'active' | 'destruction-scheduled' | 'destroyed'
  /** version of the wrapping key, and how it seals; null for a destroyed key */
  readonly sealedUnder: { readonly version: number; readonly suite: string } | null
  readonly importedAt: Date
  readonly releases: number
  readonly revoked: boolean
  readonly destructionDueAt: Date | null
  readonly destroyedAt: Date | null
}

export interface KeysOfOwner {
  readonly slots: readonly Omit<MessageShape<typeof SlotDescriptionSchema>, '$typeName' | '$unknown'>[]
  readonly keys: readonly StoredKey[]
}

/** This member's slots and keys at each key service that holds some. @throws ReinraumError `unavailable`, … when none answers */
export function listKeys(session: Session, contract: VerifiedContract): Promise<readonly AtKeyService<KeysOfOwner>[]> {
  return atEachKeyService(session, ownKeyServices(session, contract), async (client) => {
    const keys: StoredKey[] = []
    const first = await client.listKeys({ contractId: contract.id })
    const slots = first.slots.map(({ slot, versions, minimumVersion, suite, wrappingSuite }) => {
      return { slot, versions, minimumVersion, suite, wrappingSuite }
    })
    let page = first
    for (;;) {
      keys.push(...page.keys.map(storedKey))
      const last = page.keys.at(-1)
      if (!page.more || last === undefined) return { slots, keys }
      page = await client.listKeys({ contractId: contract.id, afterManifestId: last.manifestId })
    }
  })
}

/** One key, by its dataset version or its own id. @throws ReinraumError `key-unknown` */
export async function getKey(
  session: Session,
  contract: VerifiedContract,
  name: string,
): Promise<readonly AtKeyService<StoredKey>[]> {
  return atEachKeyService(session, ownKeyServices(session, contract), async (client) => {
    const { key } = await client.getKey({ contractId: contract.id, key: keyReference(name) })
    if (key === undefined) throw new ReinraumError('key-unknown', 'the key service answered with no key')
    return storedKey(key)
  })
}

function storedKey(key: MessageShape<typeof KeyDescriptionSchema>): StoredKey {
  const { slot, manifestId, keyId, releases, revoked } = key
  return {
    ...{ slot, manifestId, keyId, releases, revoked },
    state: stateOf(key.state),
    sealedUnder: key.wrappingVersion === 0 ? null : { version: key.wrappingVersion, suite: key.suite },
    importedAt: new Date(Number(key.importedAt)),
    destructionDueAt: timeOf(key.destructionDueAt),
    destroyedAt: timeOf(key.destroyedAt),
  }
}

function timeOf(ms: bigint): Date | null {
  return ms === 0n ? null : new Date(Number(ms))
}

function stateOf(state: KeyState): StoredKey['state'] {
  switch (state) {
    case KeyState.ACTIVE:
      return 'active'
    case KeyState.DESTRUCTION_SCHEDULED:
      return 'destruction-scheduled'
    case KeyState.DESTROYED:
      return 'destroyed'
    default:
      throw new ReinraumError('internal', 'the key service does not say in which state a key is')
  }
}
