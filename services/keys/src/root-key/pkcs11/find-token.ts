import { ReinraumError } from '@reinraum/crypto'
import type { Handle, PKCS11, TokenInfo } from 'pkcs11js'
import type { Binding } from './binding.ts'
import { returnValueOf } from './token-error.ts'

export interface FoundToken {
  readonly slot: Handle
  readonly info: TokenInfo
}

/**
 * The one initialised token with this label or serial number. Two are an error: which of them holds the root key would be
 * left to the order of slots.
 * @throws ReinraumError `not-found`, `conflict`
 */
export function findToken(binding: Binding, cryptoki: PKCS11, name: string): FoundToken {
  const found: FoundToken[] = []
  for (const slot of cryptoki.C_GetSlotList(true)) {
    const info = tokenInfo(binding, cryptoki, slot)
    if (info === undefined || (info.flags & binding.CKF_TOKEN_INITIALIZED) === 0) continue
    if (unpadded(info.label) === name || unpadded(info.serialNumber) === name) found.push({ slot, info })
  }
  const [token, second] = found
  if (token === undefined) throw new ReinraumError('not-found', 'there is no token of this label or serial number')
  if (second !== undefined)
    throw new ReinraumError('conflict', 'there are two tokens of this label: name one by its serial number')
  return token
}

/** A token that leaves its slot meanwhile, or that nobody can read, is none of the tokens looked for. */
function tokenInfo(binding: Binding, cryptoki: PKCS11, slot: Handle): TokenInfo | undefined {
  try {
    return cryptoki.C_GetTokenInfo(slot)
  } catch (error) {
    const value = returnValueOf(error)
    if (value === binding.CKR_TOKEN_NOT_PRESENT || value === binding.CKR_TOKEN_NOT_RECOGNIZED) return undefined
    throw error
  }
}

/** Fields are padded with blanks; some tools that initialise tokens pad with zeros. */
function unpadded(field: string): string {
  let end = field.length
  while (end > 0 && (field[end - 1] === ' ' || field[end - 1] === '\0')) end -= 1
  return field.slice(0, end)
}
