import { fromUtf8, ReinraumError } from '@reinraum/crypto'
import type { Handle, PKCS11 } from 'pkcs11js'
import type { Binding } from './binding.ts'
import type { FoundToken } from './find-token.ts'
import { tokenError } from './token-error.ts'

/** A logged-in session with one token. */
export interface Session {
  readonly binding: Binding
  readonly cryptoki: PKCS11
  readonly slot: Handle
  readonly handle: Handle
}

/**
 * Opens a session that can read and write nothing of the token but session objects, and logs in.
 * The binding takes the PIN as a string, which only the garbage collector overwrites; nothing holds it afterwards.
 * @throws ReinraumError `unauthenticated`, `permission-denied` (locked, expired, one try left), `conflict` (in use here)
 */
export function logIn(binding: Binding, cryptoki: PKCS11, { slot, info }: FoundToken, pin: Uint8Array): Session {
  refuseTroubledPin(binding, info.flags)
  const handle = cryptoki.C_OpenSession(slot, binding.CKF_SERIAL_SESSION)
  try {
    // A login holds for the whole process. One that was there already has proven nothing about this PIN: it is an error.
    cryptoki.C_Login(handle, binding.CKU_USER, fromUtf8(pin))
  } catch (error) {
    closeSession(cryptoki, handle)
    throw tokenError(error)
  }
  return { binding, cryptoki, slot, handle }
}

/** A service that restarts with a wrong PIN would lock the token for everybody: the last try belongs to a person. */
function refuseTroubledPin(binding: Binding, flags: number): void {
  if ((flags & binding.CKF_USER_PIN_LOCKED) !== 0) throw new ReinraumError('permission-denied', 'the PIN of the token is locked')
  if ((flags & binding.CKF_USER_PIN_FINAL_TRY) !== 0)
    throw new ReinraumError('permission-denied', 'one more wrong PIN would lock the token: log in to it by hand first')
}

/** Ends the login and the session. A token that is gone has ended both. */
export function logOut({ cryptoki, handle }: Session): void {
  try {
    cryptoki.C_Logout(handle)
  } catch {
    // The session may be lost; closing it ends the login as well.
  }
  closeSession(cryptoki, handle)
}

export function closeSession(cryptoki: PKCS11, handle: Handle): void {
  try {
    cryptoki.C_CloseSession(handle)
  } catch {
    // Whoever closes has no use for it any more, and the module forgets it with C_Finalize.
  }
}
