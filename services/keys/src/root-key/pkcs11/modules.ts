import { realpath } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'
import type { PKCS11 } from 'pkcs11js'
import type { Binding } from './binding.ts'
import { returnValueOf, tokenError } from './token-error.ts'

interface Module {
  readonly cryptoki: PKCS11
  users: number
  /** whether it was initialised here: who else in this process did so ends it too */
  ours: boolean
}

export interface ModuleUse {
  readonly cryptoki: PKCS11
  /** Ends the module (C_Finalize) after its last user, if it was begun here. */
  readonly release: () => void
}

// PKCS#11 initialises a module once per process, whoever asks. It stays loaded: modules that are unloaded leave threads
// and exit handlers behind.
const modules = new Map<string, Module>()

/**
 * The module at `path`, initialised.
 * @throws ReinraumError `invalid-argument` (a relative path would be searched for), `not-found`, `unsupported` (no PKCS#11
 *   module), `unavailable`
 */
export async function useModule(binding: Binding, path: string): Promise<ModuleUse> {
  if (!isAbsolute(path)) throw new ReinraumError('invalid-argument', 'the path of the PKCS#11 module must be absolute')
  const file = await realpath(path).catch((cause) => {
    throw new ReinraumError('not-found', 'there is no PKCS#11 module at this path', { cause })
  })
  const module = modules.get(file) ?? load(binding, file)
  modules.set(file, module)
  if (module.users === 0) module.ours = initialise(binding, module.cryptoki)
  module.users += 1
  let released = false
  return {
    cryptoki: module.cryptoki,
    release: () => {
      if (released) return
      released = true
      module.users -= 1
      if (module.users === 0 && module.ours) finalise(module.cryptoki)
    },
  }
}

function load({ PKCS11 }: Binding, file: string): Module {
  const cryptoki = new PKCS11()
  try {
    cryptoki.load(file)
  } catch (cause) {
    throw new ReinraumError('unsupported', 'this file is no PKCS#11 module that loads here', { cause })
  }
  return { cryptoki, users: 0, ours: false }
}

function initialise(binding: Binding, cryptoki: PKCS11): boolean {
  try {
    cryptoki.C_Initialize()
    return true
  } catch (error) {
    if (returnValueOf(error) === binding.CKR_CRYPTOKI_ALREADY_INITIALIZED) return false
    throw tokenError(error)
  }
}

function finalise(cryptoki: PKCS11): void {
  try {
    cryptoki.C_Finalize()
  } catch (error) {
    // Somebody else ended it, or the token went: there is nothing left to end.
    if (returnValueOf(error) === undefined) throw error
  }
}
