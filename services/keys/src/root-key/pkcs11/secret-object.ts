import { ReinraumError } from '@reinraum/crypto'
import type { Handle, Template } from 'pkcs11js'
import type { Session } from './log-in.ts'

/** What a secret is while it is inside the token: gone with the session, at the latest. */
export function secretTemplate({ binding }: Session): Template {
  return [
    { type: binding.CKA_CLASS, value: binding.CKO_SECRET_KEY },
    { type: binding.CKA_KEY_TYPE, value: binding.CKK_GENERIC_SECRET },
    { type: binding.CKA_TOKEN, value: false },
    { type: binding.CKA_PRIVATE, value: true },
    { type: binding.CKA_SENSITIVE, value: false },
    { type: binding.CKA_EXTRACTABLE, value: true },
  ]
}

/** Uses an object and destroys it, whatever happens. */
export function useObject<Result>(session: Session, object: Handle, use: (object: Handle) => Result): Result {
  try {
    return use(object)
  } finally {
    session.cryptoki.C_DestroyObject(session.handle, object)
  }
}

/** The value of a session object, in memory that the caller overwrites. */
export function readSecret({ binding, cryptoki, handle }: Session, object: Handle): Uint8Array {
  const [read] = cryptoki.C_GetAttributeValue(handle, object, [{ type: binding.CKA_VALUE }])
  if (read === undefined) throw new ReinraumError('unavailable', 'the token does not answer as it should')
  return new Uint8Array(read.value.buffer, read.value.byteOffset, read.value.byteLength)
}
