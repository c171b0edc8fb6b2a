import { combineShares, constantTimeEqual, ReinraumError, zeroise } from '@reinraum/crypto'
import type { Store } from '@reinraum/kit'
import type { KeysDatabase } from '../../store.ts'
import type { People, RootKey } from '../root-key.ts'
import type { RootKeySource } from '../root-key-source.ts'
import { collectContributions } from './contributions.ts'
import { makeSharedRootKey, peopleOf, type Sharing } from './make-shares.ts'
import { adoptSharing, recoveryOf } from './recovery.ts'
import { isCommittedShare } from './share-commitment.ts'
import { checkOf, sharedRootKey } from './shared-root-key.ts'

/** A ceremony that stands still for so long is given up: shares in memory are what sealing is to avoid. */
const contributionsKeptMs = 10 * 60_000

/**
 * A root key that nobody has: it is put together from the shares of a threshold of people, and lives in memory only. Who they
 * are now, the store says; the configuration's holders get their shares when the key is made.
 * @throws ReinraumError `invalid-argument` for a holder who is named twice, or a threshold that the holders cannot reach
 */
export function sharesSource(
  sharing: Sharing,
  store: Store<KeysDatabase>,
  { keptForMs = contributionsKeptMs }: { readonly keptForMs?: number } = {},
): RootKeySource {
  requirePossible(sharing)
  const contributions = collectContributions(keptForMs)
  const shareOf = (holder: string) =>
    store.db.selectFrom('unseal_shares').selectAll().where('holder', '=', holder).executeTakeFirst()
  const isShareOf = async (by: string, share: Uint8Array) => {
    const own = await shareOf(by)
    return own !== undefined && isCommittedShare(share, own.commitment, sharing.keyServiceId, by)
  }
  return {
    kind: 'shares',
    renews: true,
    planned: peopleOf(sharing),
    people: () => sharedKeyOf(store),
    isShareOf,
    create: () => makeSharedRootKey(sharing),
    open: async () => undefined,
    progress: async () => ({ have: contributions.size, need: (await sharedKeyOf(store))?.threshold ?? sharing.threshold }),
    async contribute(by, secret) {
      const key = await sharedKeyOf(store)
      if (key === undefined || !key.holders.some((holder) => holder.key === by))
        throw new ReinraumError('permission-denied', 'this is for holders of a share')
      if (!(await isShareOf(by, secret))) throw new ReinraumError('share-invalid', 'this is not the share of this holder')
      contributions.add(by, secret)
      if (contributions.size < key.threshold) return undefined
      return combine(contributions.take(), key, sharing.keyServiceId)
    },
    forget: contributions.forget,
    shareOf: async (by) => (await shareOf(by))?.sealed,
    recovery: () => recoveryOf(store),
    adopt: adoptSharing,
  }
}

function requirePossible({ holders, threshold }: Sharing): void {
  if (new Set(holders.map(({ signing }) => signing.ed25519.x)).size !== holders.length)
    throw new ReinraumError('invalid-argument', 'a holder of an unseal share is named twice')
  if (threshold > holders.length)
    throw new ReinraumError('invalid-argument', `${threshold} shares are needed, and only ${holders.length} people hold one`)
}

/** As the store says. That it names the right people is known when their key is there. */
interface SharedKey extends People {
  readonly check: Uint8Array
}

/** Undefined while the store is under a root key of another kind. */
async function sharedKeyOf(store: Store<KeysDatabase>): Promise<SharedKey | undefined> {
  const row = await store.db.selectFrom('root_key').select(['threshold', 'key_check']).executeTakeFirst()
  if (row === undefined || row.threshold === null || row.key_check === null) return undefined
  const holders = await store.db.selectFrom('unseal_shares').select(['holder as key', 'fingerprint']).orderBy('holder').execute()
  return { threshold: row.threshold, check: row.key_check, holders }
}

async function combine(shares: readonly Uint8Array[], { check, ...people }: SharedKey, keyServiceId: string): Promise<RootKey> {
  try {
    const isRight = (key: Uint8Array) => constantTimeEqual(checkOf(key, keyServiceId, people), check)
    return sharedRootKey((await combineShares(shares, people.threshold, isRight)).secret, people)
  } finally {
    zeroise(...shares)
  }
}
