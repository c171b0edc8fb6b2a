import { constantTimeEqual, ReinraumError, wrapKey, zeroise } from '@reinraum/crypto'
import type { Handle } from 'pkcs11js'
import type { Session } from './log-in.ts'
import { useObject } from './secret-object.ts'
import { returnValueOf } from './token-error.ts'
import { unwrapInToken, type WrappingKey, wrapInToken } from './wrap-in-token.ts'

// PKCS#11 3.1, section 6.13: KWP is RFC 5649. The older PAD is RFC 5649 in some tokens and PKCS#7 padding in others.
const aesKeyWrapKwp = 0x210b
const aesKeyWrapPad = 0x210a

/**
 * The mechanism of the token that is AES-KWP (RFC 5649), proven with a key of known value and not believed by its name.
 * @throws ReinraumError `unsupported` when the token has none
 */
export function chooseMechanism(session: Session): number {
  const offered = session.cryptoki.C_GetMechanismList(session.slot)
  const mechanism = [aesKeyWrapKwp, aesKeyWrapPad].find((one) => offered.includes(one) && isRfc5649(session, one))
  if (mechanism === undefined)
    throw new ReinraumError('unsupported', 'the token has no AES key wrapping with padding as RFC 5649 defines it')
  return mechanism
}

/** Whether the mechanism wraps and unwraps exactly as RFC 5649 does, and refuses what was altered. */
export function isRfc5649(session: Session, mechanism: number): boolean {
  const kek = Uint8Array.from({ length: 32 }, (_, index) => index)
  try {
    return useObject(session, createKnownKey(session, kek), (key) =>
      // The two lengths that are wrapped under a root key: a key, and a key with what it is bound to.
      [32, 64].every((length) => answersAsKnown({ session, key, mechanism }, kek, length)),
    )
  } catch (error) {
    if (returnValueOf(error) === undefined) throw error
    return false
  }
}

function answersAsKnown(wrapping: WrappingKey, kek: Uint8Array, length: number): boolean {
  const known = Uint8Array.from({ length }, (_, index) => 255 - index)
  const expected = wrapKey(kek, known)
  if (!constantTimeEqual(wrapInToken(wrapping, known), expected)) return false
  if (!constantTimeEqual(unwrapInToken(wrapping, expected), known)) return false
  return expected.every((byte, at) => at % 8 !== 0 || isRefused(wrapping, expected.with(at, byte ^ 1)))
}

function isRefused(wrapping: WrappingKey, altered: Uint8Array): boolean {
  try {
    zeroise(unwrapInToken(wrapping, altered))
    return false
  } catch (error) {
    if (returnValueOf(error) === undefined) throw error
    return true
  }
}

function createKnownKey({ binding, cryptoki, handle }: Session, value: Uint8Array): Handle {
  return cryptoki.C_CreateObject(handle, [
    { type: binding.CKA_CLASS, value: binding.CKO_SECRET_KEY },
    { type: binding.CKA_KEY_TYPE, value: binding.CKK_AES },
    { type: binding.CKA_TOKEN, value: false },
    { type: binding.CKA_PRIVATE, value: true },
    { type: binding.CKA_WRAP, value: true },
    { type: binding.CKA_UNWRAP, value: true },
    { type: binding.CKA_VALUE, value: Buffer.from(value) },
  ])
}
