import { ReinraumError, randomBytes, zeroise } from '@reinraum/crypto'
import type { RootKey } from '../root-key.ts'
import { type Binding, loadBinding } from './binding.ts'
import { chooseMechanism } from './choose-mechanism.ts'
import { findToken } from './find-token.ts'
import { logIn, logOut, type Session } from './log-in.ts'
import { type ModuleUse, useModule } from './modules.ts'
import { isSessionLost, tokenError } from './token-error.ts'
import { openTokenKey } from './token-key.ts'
import { unwrapInToken, type WrappingKey, wrapInToken } from './wrap-in-token.ts'

const maxKeyLength = 4096

export interface Pkcs11RootKeyOptions {
  /** absolute path of the vendor's shared library: its code runs in this process */
  readonly module: string
  /** label or serial number of the token */
  readonly token: string
  /** label (CKA_LABEL) of the AES-256 key in it */
  readonly key: string
  /** UTF-8; overwritten before this returns or throws */
  readonly pin: Uint8Array
  /** makes the key when the token has none; without it a missing key is an error (see `openFileRootKey`) */
  readonly create: boolean
}

/**
 * The root key inside a PKCS#11 token, from which it never comes out: this process holds handles only. It stays logged in
 * until `close`, and keeps no PIN: a session that is lost stays lost, and every call says `unavailable` from then on.
 *
 * Calls into the module are synchronous, one after the other: a token that is slow holds up the whole service.
 * `wrap` takes 8 to 4096 bytes, a multiple of 8 (`invalid-argument`): tokens differ in how they pad anything else.
 * @throws ReinraumError `unsupported` (no binding, no module, no RFC 5649), `not-found`, `conflict` (two tokens or keys of
 *   this name, or a token that this process uses already), `unauthenticated` (PIN), `permission-denied` (locked PIN, or a
 *   key that is not guarded as a root key must be), `unavailable`, `invalid-argument`
 */
export async function openPkcs11RootKey(options: Pkcs11RootKeyOptions): Promise<RootKey> {
  try {
    const binding = await loadBinding()
    const module = await useModule(binding, options.module)
    try {
      return rootKeyOf(module, openSession(binding, module, options), options)
    } catch (error) {
      module.release()
      throw tokenError(error)
    }
  } finally {
    zeroise(options.pin)
  }
}

function openSession(binding: Binding, { cryptoki }: ModuleUse, { token, pin }: Pkcs11RootKeyOptions): Session {
  return logIn(binding, cryptoki, findToken(binding, cryptoki, token), pin)
}

function rootKeyOf(module: ModuleUse, session: Session, options: Pkcs11RootKeyOptions): RootKey {
  try {
    const key = openTokenKey(session, options.key, options)
    const wrapping = { session, key, mechanism: chooseMechanism(session) }
    return guarded(module, wrapping, proofOf(wrapping))
  } catch (error) {
    logOut(session)
    throw error
  }
}

/** Something that only this root key opens: what tells bytes that do not open from a token that does not work. */
function proofOf(wrapping: WrappingKey): Uint8Array {
  const secret = randomBytes(32)
  try {
    return wrapInToken(wrapping, secret)
  } finally {
    zeroise(secret)
  }
}

function guarded(module: ModuleUse, wrapping: WrappingKey, proof: Uint8Array): RootKey {
  let state: 'open' | 'lost' | 'closed' = 'open'
  const call = <Result>(work: () => Result): Result => {
    if (state !== 'open') throw new ReinraumError('unavailable', `the session with the token is ${state}`)
    try {
      return work()
    } catch (error) {
      if (isSessionLost(error)) {
        state = 'lost'
        // At once: later, the number of this session may be somebody else's.
        logOut(wrapping.session)
      }
      throw tokenError(error)
    }
  }
  return {
    kind: 'pkcs11',
    wrap: async (key) => call(() => wrapInToken(wrapping, wrappable(key))),
    unwrap: async (wrapped) => call(() => unwrapOrRefuse(wrapping, proof, wrapped)),
    close: () => {
      if (state === 'closed') return
      if (state === 'open') logOut(wrapping.session)
      state = 'closed'
      module.release()
    },
  }
}

function wrappable(key: Uint8Array): Uint8Array {
  if (key.length === 0 || key.length > maxKeyLength || key.length % 8 !== 0)
    throw new ReinraumError('invalid-argument', 'a token wraps keys of 8 to 4096 bytes, in whole blocks of 8')
  return key
}

function unwrapOrRefuse(wrapping: WrappingKey, proof: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const possible = wrapped.length >= 16 && wrapped.length <= maxKeyLength + 8 && wrapped.length % 8 === 0
  if (!possible) throw doesNotOpen()
  try {
    return unwrapInToken(wrapping, wrapped)
  } catch (error) {
    // Tokens answer altered bytes with all kinds of codes, general failure among them. One that opens what it must open
    // has refused the bytes; one that does not has failed, and the caller must not take its data for damaged.
    zeroise(unwrapInToken(wrapping, proof))
    throw doesNotOpen(error)
  }
}

function doesNotOpen(cause?: unknown): ReinraumError {
  return new ReinraumError('decryption-failed', 'the wrapped key does not open', { cause })
}
