import { ReinraumError } from '@reinraum/crypto'
import type { Handle, Template } from 'pkcs11js'
import { closeSession, type Session } from './log-in.ts'

const keyLength = 32

/**
 * The one secret key with this label in the token, made there if there is none and `create` says so.
 * @throws ReinraumError `not-found`, `conflict` (two of this label), `permission-denied` (a key that the token would show)
 */
export function openTokenKey(session: Session, label: string, options: { readonly create: boolean }): Handle {
  const [key, second] = findKeys(session, label)
  if (second !== undefined) throw new ReinraumError('conflict', 'there are two keys of this label in the token')
  if (key === undefined && !options.create)
    throw new ReinraumError('not-found', 'the store was written under a root key that is not in the token')
  const opened = key ?? createKey(session, label)
  requireGuarded(session, opened)
  return opened
}

function findKeys({ binding, cryptoki, handle }: Session, label: string): readonly Handle[] {
  const wanted = [
    { type: binding.CKA_CLASS, value: binding.CKO_SECRET_KEY },
    { type: binding.CKA_TOKEN, value: true },
    { type: binding.CKA_LABEL, value: Buffer.from(label) },
  ]
  cryptoki.C_FindObjectsInit(handle, wanted)
  try {
    return cryptoki.C_FindObjects(handle, 2)
  } finally {
    cryptoki.C_FindObjectsFinal(handle)
  }
}

/** Two first starts at once never leave two keys: who sees another's key beside its own takes its own away again. */
function createKey(session: Session, label: string): Handle {
  const { binding, cryptoki, slot } = session
  const writing = cryptoki.C_OpenSession(slot, binding.CKF_SERIAL_SESSION | binding.CKF_RW_SESSION)
  try {
    const mechanism = { mechanism: binding.CKM_AES_KEY_GEN }
    const key = cryptoki.C_GenerateKey(writing, mechanism, newKey(session, label))
    if (findKeys(session, label).length === 1) return key
    cryptoki.C_DestroyObject(writing, key)
    throw new ReinraumError('conflict', 'another process makes the root key at this moment: start again')
  } finally {
    closeSession(cryptoki, writing)
  }
}

function newKey({ binding }: Session, label: string): Template {
  return [
    { type: binding.CKA_CLASS, value: binding.CKO_SECRET_KEY },
    { type: binding.CKA_KEY_TYPE, value: binding.CKK_AES },
    { type: binding.CKA_VALUE_LEN, value: keyLength },
    { type: binding.CKA_LABEL, value: Buffer.from(label) },
    { type: binding.CKA_TOKEN, value: true },
    { type: binding.CKA_PRIVATE, value: true },
    { type: binding.CKA_SENSITIVE, value: true },
    { type: binding.CKA_EXTRACTABLE, value: false },
    { type: binding.CKA_WRAP, value: true },
    { type: binding.CKA_UNWRAP, value: true },
    { type: binding.CKA_ENCRYPT, value: false },
    { type: binding.CKA_DECRYPT, value: false },
    { type: binding.CKA_SIGN, value: false },
    { type: binding.CKA_VERIFY, value: false },
    { type: binding.CKA_DERIVE, value: false },
  ]
}

/** A key that was ever outside the token, or that is usable without its PIN, protects nothing. */
function requireGuarded(session: Session, key: Handle): void {
  const { binding } = session
  const is = (type: number) => attribute(session, key, type)?.[0] === 1
  const numberOf = (type: number) => readNumber(attribute(session, key, type))
  if (numberOf(binding.CKA_KEY_TYPE) !== binding.CKK_AES || numberOf(binding.CKA_VALUE_LEN) !== keyLength)
    throw new ReinraumError('permission-denied', 'the root key in the token must be an AES key of 256 bits')
  if (!is(binding.CKA_SENSITIVE) || !is(binding.CKA_ALWAYS_SENSITIVE))
    throw new ReinraumError('permission-denied', 'the root key in the token must be sensitive, from the beginning')
  if (is(binding.CKA_EXTRACTABLE) || !is(binding.CKA_NEVER_EXTRACTABLE))
    throw new ReinraumError('permission-denied', 'the root key in the token must never have been extractable')
  if (!is(binding.CKA_PRIVATE)) throw new ReinraumError('permission-denied', 'the root key must not be usable without the PIN')
  if (!is(binding.CKA_WRAP) || !is(binding.CKA_UNWRAP))
    throw new ReinraumError('permission-denied', 'the root key in the token must be one that wraps and unwraps')
}

function attribute({ cryptoki, handle }: Session, key: Handle, type: number): Buffer | undefined {
  return cryptoki.C_GetAttributeValue(handle, key, [{ type }])[0]?.value
}

/** A CK_ULONG, in the machine's own size and order; the platforms that this runs on are little-endian. */
function readNumber(value: Buffer | undefined): number | undefined {
  if (value === undefined || (value.length !== 4 && value.length !== 8)) return undefined
  return value.length === 4 ? value.readUInt32LE() : Number(value.readBigUInt64LE())
}
