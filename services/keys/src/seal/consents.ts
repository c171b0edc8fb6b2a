import { combineShares, ReinraumError, zeroise } from '@reinraum/crypto'
import type { RootKey } from '../root-key/root-key.ts'
import type { RootKeySource } from '../root-key/root-key-source.ts'
import { collectContributions } from '../root-key/shares/contributions.ts'

/** As long as a ceremony of unsealing may stand still. */
const consentsKeptMs = 10 * 60_000

/** A holder, and the share that it brings to have its root key given up for the configured one; overwritten. */
export interface Consent {
  readonly by: string
  readonly share: Uint8Array
}

/** Consents of those who hold the root key to going over to another one. */
export interface Consents {
  /**
   * Takes one.
   * @returns how many are still awaited
   * @throws ReinraumError `permission-denied` for who holds no share of this root key, `share-invalid`
   */
  add(root: RootKey, source: RootKeySource, consent: Consent): Promise<number>
  /** Overwrites what is there. */
  forget(): void
}

/**
 * Who could open everything may say where it goes, and nobody else: not an administrator, whom the configuration names, which
 * the operator of the machine can write. That somebody holds the key is shown by the shares themselves.
 */
export function collectConsents(): Consents {
  const contributions = collectContributions(consentsKeptMs)
  return {
    async add({ shared }, source, { by, share }) {
      if (shared?.people.holders.some(({ key }) => key === by) !== true)
        throw new ReinraumError('permission-denied', 'this is for holders of a share')
      if ((await source.isShareOf?.(by, share)) !== true)
        throw new ReinraumError('share-invalid', 'this is not the share of this holder')
      contributions.add(by, share)
      const awaited = shared.people.threshold - contributions.size
      if (awaited > 0) return awaited
      const shares = contributions.take()
      try {
        zeroise((await combineShares(shares, shared.people.threshold, shared.isKey)).secret)
      } finally {
        zeroise(...shares)
      }
      return 0
    },
    forget: contributions.forget,
  }
}
