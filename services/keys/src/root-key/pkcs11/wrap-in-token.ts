import { zeroise } from '@reinraum/crypto'
import type { Handle } from 'pkcs11js'
import type { Session } from './log-in.ts'
import { readSecret, secretTemplate, useObject } from './secret-object.ts'

/** A key in the token and the mechanism that wraps under it. */
export interface WrappingKey {
  readonly session: Session
  readonly key: Handle
  /** CKM_ number */
  readonly mechanism: number
}

/** Brings the secret into the token as a session object and has it wrapped there. */
export function wrapInToken({ session, key, mechanism }: WrappingKey, secret: Uint8Array): Uint8Array {
  const { binding, cryptoki, handle } = session
  const value = Buffer.from(secret)
  try {
    const object = cryptoki.C_CreateObject(handle, [...secretTemplate(session), { type: binding.CKA_VALUE, value }])
    return useObject(session, object, (made) => {
      const room = Buffer.alloc(secret.length + 16)
      return new Uint8Array(cryptoki.C_WrapKey(handle, { mechanism }, key, made, room))
    })
  } finally {
    zeroise(value)
  }
}

/** Has the bytes unwrapped in the token as a session object and reads its value. The caller overwrites it. */
export function unwrapInToken({ session, key, mechanism }: WrappingKey, wrapped: Uint8Array): Uint8Array {
  const { cryptoki, handle } = session
  const template = secretTemplate(session)
  const object = cryptoki.C_UnwrapKey(handle, { mechanism }, key, Buffer.from(wrapped), template)
  return useObject(session, object, (made) => readSecret(session, made))
}
