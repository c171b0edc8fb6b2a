import { ReinraumError, unwrapKey, wrapKey, zeroise } from '@reinraum/crypto'
import type { RootKey, RootKeyKind } from './root-key.ts'

/**
 * A root key whose bytes this process holds while it is open. `close` overwrites them.
 * @param key 32 bytes, which are used and overwritten where they lie
 */
export function memoryRootKey(kind: RootKeyKind, key: Uint8Array): RootKey {
  let closed = false
  // What is overwritten is a key too, which everybody knows.
  const inUse = (): Uint8Array => {
    if (closed) throw new ReinraumError('sealed', 'the root key is closed')
    return key
  }
  return {
    kind,
    wrap: async (inner) => wrapKey(inUse(), inner),
    unwrap: async (wrapped) => unwrapKey(inUse(), wrapped),
    close: () => {
      closed = true
      zeroise(key)
    },
  }
}
