import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { utf8 } from '@reinraum/crypto'
import type { Handle, PKCS11 } from 'pkcs11js'
import { type Binding, loadBinding } from '../root-key/pkcs11/binding.ts'

/** SoftHSM2, which stands in for a hardware token: `node deploy/local/bootstrap.mjs install` puts it there. */
export const softHsmModule = fileURLToPath(new URL('../../../../.local/softhsm/libsofthsm2.so', import.meta.url))

/** Whether tests that need a token can run: a machine without a compiler or without the package skips them. */
export const hasSoftHsm = existsSync(softHsmModule) && hasBinding()
if (!hasSoftHsm) process.stderr.write('Skipping what needs a PKCS#11 token: pkcs11js is not built, or SoftHSM2 is not here.\n')

const securityOfficerPin = 'officer-0000'

/** A folder of tokens of its own. Only one at a time is used in one process: SoftHSM2 reads where it is once. */
export interface TokenFolder {
  readonly folder: string
  /** what a service process needs in its environment to find the tokens of this folder */
  readonly environment: { readonly SOFTHSM2_CONF: string }
  /** Initialises a token. Nothing else in this process may be using the module meanwhile. */
  readonly addToken: (label: string, pin: string) => Promise<void>
  /** Runs what a person at the token could do, logged in with the right to write. */
  readonly atToken: <Result>(label: string, pin: string, work: (console: TokenConsole) => Result) => Promise<Result>
  readonly remove: () => Promise<void>
}

export interface TokenConsole {
  readonly binding: Binding
  readonly cryptoki: PKCS11
  readonly session: Handle
}

/** Makes an empty folder of tokens and points this process to it. */
export async function createTokenFolder(): Promise<TokenFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-tokens-'))
  const config = join(folder, 'softhsm2.conf')
  await mkdir(join(folder, 'tokens'))
  await writeFile(config, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`)
  process.env.SOFTHSM2_CONF = config
  return {
    folder,
    environment: { SOFTHSM2_CONF: config },
    addToken: (label, pin) => withModule((binding, cryptoki) => addToken(binding, cryptoki, label, pin)),
    atToken: (label, pin, work) =>
      withModule((binding, cryptoki) => {
        const session = openFor(binding, cryptoki, label)
        cryptoki.C_Login(session, binding.CKU_USER, pin)
        return work({ binding, cryptoki, session })
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function withModule<Result>(work: (binding: Binding, cryptoki: PKCS11) => Result): Promise<Result> {
  const binding = await loadBinding()
  const cryptoki = new binding.PKCS11()
  cryptoki.load(softHsmModule)
  cryptoki.C_Initialize()
  try {
    return work(binding, cryptoki)
  } finally {
    cryptoki.C_Finalize()
  }
}

/** SoftHSM2 always has one slot with a blank token, and makes another as soon as that is initialised. */
function addToken(binding: Binding, cryptoki: PKCS11, label: string, pin: string): void {
  const blank = slotsOf(cryptoki).find((slot) => (cryptoki.C_GetTokenInfo(slot).flags & binding.CKF_TOKEN_INITIALIZED) === 0)
  if (blank === undefined) throw new Error('SoftHSM2 has no blank token')
  cryptoki.C_InitToken(blank, securityOfficerPin, paddedLabel(label))
  // The new token is in the slot of the blank one until the module ends.
  const session = cryptoki.C_OpenSession(blank, binding.CKF_SERIAL_SESSION | binding.CKF_RW_SESSION)
  cryptoki.C_Login(session, binding.CKU_SO, securityOfficerPin)
  cryptoki.C_InitPIN(session, pin)
}

function openFor(binding: Binding, cryptoki: PKCS11, label: string): Handle {
  const slot = slotsOf(cryptoki).find((one) => cryptoki.C_GetTokenInfo(one).label === paddedLabel(label))
  if (slot === undefined) throw new Error('there is no such token')
  return cryptoki.C_OpenSession(slot, binding.CKF_SERIAL_SESSION | binding.CKF_RW_SESSION)
}

function slotsOf(cryptoki: PKCS11): readonly Handle[] {
  return cryptoki.C_GetSlotList(true)
}

/** 32 bytes of UTF-8, blank-padded (PKCS#11 2.40, C_InitToken); the binding passes on whatever it is given. */
function paddedLabel(label: string): string {
  return label + ' '.repeat(32 - utf8(label).length)
}

function hasBinding(): boolean {
  try {
    createRequire(import.meta.url)('pkcs11js')
    return true
  } catch {
    return false
  }
}
