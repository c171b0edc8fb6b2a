import { ReinraumError, rsaAesUnwrap, zeroise } from '@reinraum/crypto'
import type { ImportWrappedKeyRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { keyCustodyOf } from '@reinraum/statements'
import { dataKeyLength } from '../data-keys.ts'
import { expectKey } from '../imports/expected-key.ts'
import { useImportKey } from '../imports/import-keys.ts'
import { takeKey } from '../imports/take-key.ts'
import type { Vault } from '../vault.ts'

/**
 * Takes a whole data key that the owner's HSM wrapped. The wrapping says nothing of what the key is for, so the manifest's
 * commitment to it is what binds the two (`takeKey`).
 */
export async function importWrappedKey(vault: Vault, request: ImportWrappedKeyRequest, context: RpcContext) {
  const expected = await expectKey(vault, request, context)
  if (keyCustodyOf(expected.slot).services.length > 1) {
    throw new ReinraumError('unsupported', 'a share of a key is imported by HPKE only: nothing would bind it to its manifest')
  }
  const key = await useImportKey(vault, request.version, (privateKey) => rsaAesUnwrap(privateKey, request.wrappedKey))
  if (key.length === dataKeyLength) return takeKey(vault, expected, key)
  zeroise(key)
  throw new ReinraumError('decryption-failed', 'the wrapped key does not open')
}
