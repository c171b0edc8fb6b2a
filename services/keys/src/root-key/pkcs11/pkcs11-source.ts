import { readFile } from 'node:fs/promises'
import { ReinraumError } from '@reinraum/crypto'
import type { RootKey } from '../root-key.ts'
import type { RootKeySource } from '../root-key-source.ts'
import { unattended } from '../unattended.ts'
import { openPkcs11RootKey } from './open-pkcs11-root-key.ts'

export interface Pkcs11Place {
  readonly module: string
  readonly token: string
  readonly key: string
  /** file with the PIN; without one, an administrator contributes it at each unsealing */
  readonly pin?: string | undefined
}

/**
 * A root key in a token.
 * @param mayCreate whether the store is under no root key of this kind yet: only then is a missing key made
 */
export function pkcs11Source(
  { module, token, key, pin }: Pkcs11Place,
  administrators: readonly string[],
  mayCreate: () => Promise<boolean>,
): RootKeySource {
  const openWith = (typed: Uint8Array, create: boolean): Promise<RootKey> =>
    openPkcs11RootKey({ module, token, key, pin: typed, create })
  if (pin !== undefined) {
    const openFrom = async (create: boolean) => openWith(await readPin(pin), create)
    return { ...unattended, kind: 'pkcs11', create: () => openFrom(true), open: () => openFrom(false) }
  }
  return {
    ...unattended,
    kind: 'pkcs11',
    create: async () => undefined,
    open: async () => undefined,
    progress: async () => ({ have: 0, need: 1 }),
    async contribute(by, secret) {
      if (!administrators.includes(by)) throw new ReinraumError('permission-denied', 'the PIN of the token is for administrators')
      return openWith(new Uint8Array(secret), await mayCreate())
    },
  }
}

/** A line break at the end of the file is an editor's, no part of a PIN. */
async function readPin(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((cause) => {
    throw new ReinraumError('invalid-argument', 'the file with the PIN of the token cannot be read', { cause })
  })
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1
  return bytes.subarray(0, end)
}
