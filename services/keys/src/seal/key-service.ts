import { generateHpkeKeyPair, isReinraumError, ReinraumError, zeroise } from '@reinraum/crypto'
import type { RootKey } from '../root-key/root-key.ts'
import type { RootKeySource, UnsealProgress } from '../root-key/root-key-source.ts'
import { closeServiceIdentity, hasServiceIdentity, openServiceIdentity } from '../service-identity.ts'
import type { Site, Vault } from '../vault.ts'

/** A key service that is sealed or open. It starts sealed, and what needs a key is refused until it is open. */
export interface KeyService {
  readonly site: Site
  readonly source: RootKeySource
  /** Contributions are sealed to this key pair, which is made at each start and kept nowhere. */
  readonly unsealKeys: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }
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
  /** Called with the state after each change. */
  onChange(listener: (sealed: boolean) => void): void
  /** Seals, and forgets the unseal key too. */
  close(): Promise<void>
}

/** Starts sealed, and opens at once where the root key needs nobody, or is made now because the store is new. */
export async function startKeyService(site: Site, source: RootKeySource): Promise<KeyService> {
  const unsealKeys = await generateHpkeKeyPair()
  const listeners = new Set<(sealed: boolean) => void>()
  const inFlight = new Set<Promise<unknown>>()
  let vault: Vault | undefined
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

  const open = async (root: RootKey): Promise<void> => {
    try {
      const guarded = sealWhenLost(root, () => void inTurn(sealNow))
      vault = { ...site, root: guarded, identity: await openServiceIdentity(site.store, guarded, site.id) }
    } catch (error) {
      root.close()
      throw error
    }
    site.log.info({ rootKey: root.kind }, 'unsealed')
    tell()
  }

  const sealNow = async (): Promise<void> => {
    source.forget()
    const closing = vault
    if (closing === undefined) return
    vault = undefined
    tell()
    await Promise.allSettled(inFlight)
    closeServiceIdentity(closing.identity)
    closing.root.close()
    site.log.info('sealed')
  }

  if (source.warning !== undefined) site.log.warn(source.warning)
  const root = (await hasServiceIdentity(site.store)) ? await source.open() : await source.create()
  if (root !== undefined) await open(root)
  else site.log.warn({ rootKey: source.kind, ...source.progress() }, 'sealed until enough contributions are there')

  return {
    site,
    source,
    unsealKeys,
    isSealed: () => vault === undefined,
    opened,
    async use(body) {
      const running = body(opened())
      inFlight.add(running)
      try {
        return await running
      } finally {
        inFlight.delete(running)
      }
    },
    contribute: (by, secret) =>
      inTurn(async () => {
        try {
          if (vault !== undefined) throw new ReinraumError('conflict', 'this key service is not sealed')
          const complete = (await source.contribute(by, secret)) ?? undefined
          if (complete !== undefined) await open(complete)
          return source.progress()
        } finally {
          zeroise(secret)
        }
      }),
    seal: () => inTurn(sealNow),
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
  return { kind: root.kind, wrap: (key) => watch(root.wrap(key)), unwrap: (key) => watch(root.unwrap(key)), close: root.close }
}
