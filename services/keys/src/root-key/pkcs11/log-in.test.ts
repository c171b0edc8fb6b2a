import { utf8 } from '@reinraum/crypto'
import { describe, expect, test } from 'vitest'
import { hasSoftHsm, softHsmModule } from '../../testing/softhsm.ts'
import { tokenPin, useTokenRoom } from '../../testing/token-room.ts'
import { loadBinding } from './binding.ts'
import { findToken } from './find-token.ts'
import { logIn, logOut } from './log-in.ts'
import { useModule } from './modules.ts'

describe.skipIf(!hasSoftHsm)('logging in', () => {
  useTokenRoom()

  test('is not tried on a token that would lock, or has locked, its PIN', async () => {
    const binding = await loadBinding()
    const module = await useModule(binding, softHsmModule)
    try {
      const token = findToken(binding, module.cryptoki, 'agency')
      // SoftHSM2 counts no tries: what a hardware token says about its PIN is added to what this one says.
      const saying = (flag: number) => ({ ...token, info: { ...token.info, flags: token.info.flags | flag } })
      const denied = expect.objectContaining({ code: 'permission-denied' })
      for (const flag of [binding.CKF_USER_PIN_LOCKED, binding.CKF_USER_PIN_FINAL_TRY]) {
        expect(() => logIn(binding, module.cryptoki, saying(flag), utf8(tokenPin))).toThrow(denied)
      }
      logOut(logIn(binding, module.cryptoki, saying(0), utf8(tokenPin)))
    } finally {
      module.release()
    }
  })
})
