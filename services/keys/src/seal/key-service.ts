import {
  canonicalBytes,
  digestId,
  generateHpkeKeyPair,
  hpkeSuiteOf,
  isReinraumError,
  ReinraumError,
  toBase64url,
  zeroise,
} from '@reinraum/crypto'
import type { ServiceControl } from '@reinraum/statements'
import type { PendingRestore } from '../backup/pending-restore.ts'
import type { RootKey } from '../root-key/root-key.ts'
import type { NewRootKey, RootKeySource, RootKeySources, UnsealProgress } from '../root-key/root-key-source.ts'
import { changeRoot, recordRoot, sourceOfStore } from '../root-key/root-of-store.ts'
import { closeServiceIdentity, hasServiceIdentity, openServiceIdentity } from '../service-identity.ts'
import type { Site, Vault } from '../vault.ts'
import { type Consent, collectConsents } from './consents.ts'
import { controlOf, rootKeyControl } from './control.ts'
import { trackInFlight } from './in-flight.ts'

/** A key service that is sealed or open. It starts sealed, and what needs a key is refused until it is open. */
export interface KeyService {
  readonly site: Site
  /** where the root key of the store comes from now */
  readonly source: RootKeySource
  /** Contributions are sealed to this key pair, which is made at each start and kept nowhere. */
  readonly unsealKeys: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }
  /** when the backup was made that waits for the root key; undefined where none does */
  readonly restoresFrom: Date | undefined
  isSealed(): boolean
  /** What it holds just now. @throws ReinraumError `sealed` */
  opened(): Vault
  /**
   * Runs something that needs keys. While it runs, they stay.
   * @throws ReinraumError `sealed`
   */
  use<T>(body: (vault: Vault) => Promise<T>): Promise<T>
  /** Takes one contribution; the last one needed unseals. @throws ReinraumError `conflict` when the service is not sealed */
  contribute(by: string, secret: Uint8Array): Promise<UnsealProgress>
  /** Refuses whatever comes, waits for what is in flight, overwrites the keys. */
  seal(): Promise<void>
  /** Who has power over it now. */
  control(): Promise<ServiceControl>
  /**
   * Wraps everything under a new root key of the configuration, or nothing. Runs alone. One that people hold they give up
   * themselves: each consent is taken, and the last one needed does it.
   * @returns how many consents are still awaited
   * @throws ReinraumError `sealed`, `conflict` when the configuration names no other root key than the present one,
   *   `permission-denied` without a consent of theirs, `share-invalid`
   */
  reshare(consent?: Consent): Promise<number>
  /** Called with the state after each change. */
  onChange(listener: (sealed: boolean) => void): void
  /** Seals, and forgets the unseal key too. */
  close(): Promise<void>
}

/**
 * Starts sealed, and opens at once where the root key needs nobody, or is made now because the store is new.
 * @param pending a backup, for a store that is new: what it holds is put there as soon as its root key is
 */
export async function startKeyService(site: Site, sources: RootKeySources, pending?: PendingRestore): Promise<KeyService> {
  const unsealKeys = await generateHpkeKeyPair()
  const listeners = new Set<(sealed: boolean) => void>()
  const inFlight = trackInFlight()
  const consents = collectConsents()
  let restore = pending
  let source = restore?.source ?? (await sourceOfStore(site.store, sources))
  let vault: Vault | undefined
  /** whether it has made the keys that it holds: what is read from a store may have been made anywhere */
  let madeHere = false
  let turn: Promise<unknown> = Promise.resolve()
  /** Changes of state follow each other. */
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const done = turn.then(change)
    turn = done.catch(() => undefined)
    return done
  }
  const opened = (): Vault => {
    if (vault === undefined) throw new ReinraumError('sealed', 'this key service is sealed')
    return vault
  }
  const tell = () => {
    for (const listener of listeners) listener(vault === undefined)
  }
  const guarded = (root: RootKey): RootKey => sealWhenLost(root, () => void inTurn(sealNow))

  const open = async (root: NewRootKey): Promise<void> => {
    try {
      await restore?.finish(root)
      restore = undefined
      // Until the service has its own keys nothing rests on a root key, and one that a first start left behind is forgotten.
      const isFirst = !(await hasServiceIdentity(site.store))
      if (isFirst) await site.store.transaction((trx) => recordRoot(trx, root))
      const inUse = guarded(root)
      vault = { ...site, root: inUse, identity: await openServiceIdentity(site.store, inUse, site.id, site.identitySuite) }
      madeHere = isFirst
    } catch (error) {
      root.close()
      if (restore !== undefined) site.log.error({ err: error, rootKey: root.kind }, 'the backup that waits is not put in place')
      else if (isReinraumError(error) && error.code === 'decryption-failed')
        site.log.error({ rootKey: root.kind }, 'this is not the root key that the store is under')
      throw error
    }
    site.log.info({ rootKey: root.kind }, 'unsealed')
    tell()
  }

  const sealNow = async (): Promise<void> => {
    source.forget()
    consents.forget()
    const closing = vault
    if (closing === undefined) return
    vault = undefined
    tell()
    await inFlight.settled()
    closeServiceIdentity(closing.identity)
    closing.root.close()
    site.log.info('sealed')
  }

  const reshare = async (consent: Consent | undefined): Promise<number> => {
    const { root } = opened()
    const next = sources.configured
    if (next === source && next.renews !== true)
      throw new ReinraumError('conflict', 'the configuration names the root key that the store is under already')
    if (root.shared !== undefined) {
      if (consent === undefined)
        throw new ReinraumError('permission-denied', 'who holds the root key gives it up: each holder with its share')
      const awaited = await consents.add(root, source, consent)
      if (awaited > 0) return awaited
    }
    await inFlight.exclusively(() => takeOver(next))
    return 0
  }

  const takeOver = async (next: RootKeySource): Promise<void> => {
    const present = opened()
    const root = await changeRoot(site.store, present.root, next)
    vault = { ...present, root: guarded(root) }
    source = next
    present.root.close()
    if (next.warning !== undefined) site.log.warn(next.warning)
    site.log.warn({ rootKey: root.kind, formerly: present.root.kind }, 'everything is under a new root key')
  }

  site.log.info({ unsealKey: unsealKeyId(unsealKeys.publicKey) }, 'contributions to unsealing are sealed to a new key')
  if (source.warning !== undefined) site.log.warn(source.warning)
  if (source !== sources.configured) site.log.warn({ rootKey: source.kind }, 'the store is still under its former root key')
  if (restore !== undefined) site.log.warn({ createdAt: restore.createdAt }, 'a backup waits here for its root key')
  const root = restore !== undefined || (await hasServiceIdentity(site.store)) ? await source.open() : await source.create()
  if (root !== undefined) await open(root)
  else site.log.warn({ rootKey: source.kind, ...(await source.progress()) }, 'sealed until enough contributions are there')

  return {
    site,
    get source() {
      return source
    },
    get restoresFrom() {
      return restore?.createdAt
    },
    unsealKeys,
    isSealed: () => vault === undefined,
    opened,
    use: (body) => inFlight.run(async () => body(opened())),
    contribute: (by, secret) =>
      inTurn(async () => {
        try {
          if (vault !== undefined) throw new ReinraumError('conflict', 'this key service is not sealed')
          const complete = await source.contribute(by, secret)
          if (complete !== undefined) await open(complete)
          const progress = await source.progress()
          return complete === undefined ? progress : { ...progress, have: progress.need }
        } finally {
          zeroise(secret)
        }
      }),
    seal: () => inTurn(sealNow),
    async control() {
      const root = vault?.root
      const people = root === undefined ? await source.people?.() : root.shared?.people
      const { configured } = sources
      const said = {
        rootKey: rootKeyControl(root?.kind ?? source.kind, people),
        configured: rootKeyControl(configured.kind, configured.planned),
        ownKeys: madeHere && vault !== undefined ? ('made-since-this-start' as const) : ('older' as const),
      }
      return controlOf(said, site.administrators)
    },
    reshare: (consent) =>
      inTurn(async () => {
        try {
          return await reshare(consent)
        } finally {
          if (consent !== undefined) zeroise(consent.share)
        }
      }),
    onChange: (listener) => void listeners.add(listener),
    async close() {
      await inTurn(sealNow)
      zeroise(unsealKeys.privateKey)
    },
  }
}

/** A root key that cannot be reached any more leaves nothing that this service may go on with. */
function sealWhenLost(root: RootKey, seal: () => void): RootKey {
  const watch = async <T>(result: Promise<T>): Promise<T> => {
    try {
      return await result
    } catch (error) {
      if (isReinraumError(error) && error.code === 'unavailable') seal()
      throw error
    }
  }
  return { ...root, wrap: (key) => watch(root.wrap(key)), unwrap: (key) => watch(root.unwrap(key)) }
}

/** By which somebody on the service's own premises tells that nobody stands in between. */
function unsealKeyId(publicKey: Uint8Array): string {
  return digestId(canonicalBytes({ suite: hpkeSuiteOf(publicKey), publicKey: toBase64url(publicKey) }))
}
