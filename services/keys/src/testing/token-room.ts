import { utf8 } from '@reinraum/crypto'
import { afterEach, beforeEach } from 'vitest'
import { openPkcs11RootKey, type Pkcs11RootKeyOptions } from '../root-key/pkcs11/open-pkcs11-root-key.ts'
import type { RootKey } from '../root-key/root-key.ts'
import { createTokenFolder, softHsmModule, type TokenConsole, type TokenFolder } from './softhsm.ts'

export const tokenPin = '493817'

export interface TokenRoom {
  /** the folder of the test that runs, with one token `agency` */
  readonly tokens: () => TokenFolder
  /** Opens the root key `root` of the token `agency`, or makes it, unless the options say otherwise. Closed after the test. */
  readonly open: (changes?: Partial<Pkcs11RootKeyOptions>) => Promise<RootKey>
  /** Closes what was opened so far, as a stop of the service does. */
  readonly closeAll: () => void
  /** Another session of this process with the first token; a login holds for all of them. */
  readonly anotherSession: () => Promise<TokenConsole>
}

/** Gives every test of a suite a fresh token, and closes what it opened. */
export function useTokenRoom(): TokenRoom {
  let tokens: TokenFolder | undefined
  const opened: RootKey[] = []
  const closeAll = () => {
    for (const root of opened.splice(0)) root.close()
  }
  beforeEach(async () => {
    tokens = await createTokenFolder()
    await tokens.addToken('agency', tokenPin)
  })
  afterEach(async () => {
    closeAll()
    await tokens?.remove()
  })
  return {
    closeAll,
    tokens: () => {
      if (tokens === undefined) throw new Error('no test runs')
      return tokens
    },
    open: async (changes = {}) => {
      const options = { module: softHsmModule, token: 'agency', key: 'root', pin: utf8(tokenPin), create: true, ...changes }
      const root = await openPkcs11RootKey(options)
      opened.push(root)
      return root
    },
    anotherSession: async () => {
      const { default: binding } = await import('pkcs11js')
      const cryptoki = new binding.PKCS11()
      cryptoki.load(softHsmModule)
      const slot = cryptoki.C_GetSlotList(true)[0]
      if (slot === undefined) throw new Error('no token')
      return { binding, cryptoki, session: cryptoki.C_OpenSession(slot, binding.CKF_SERIAL_SESSION) }
    },
  }
}
