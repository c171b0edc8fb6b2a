import { utf8 } from '@reinraum/crypto'
import { describe, expect, test } from 'vitest'
import { hasSoftHsm, softHsmModule } from '../../testing/softhsm.ts'
import { secretKeyLabels } from '../../testing/token-keys.ts'
import { tokenPin, useTokenRoom } from '../../testing/token-room.ts'
import { loadBinding } from './binding.ts'
import { chooseMechanism, isRfc5649 } from './choose-mechanism.ts'
import { findToken } from './find-token.ts'
import { logIn, logOut, type Session } from './log-in.ts'
import { useModule } from './modules.ts'

const [keyWrap, keyWrapPad, keyWrapKwp] = [0x2109, 0x210a, 0x210b]

describe.skipIf(!hasSoftHsm)('the mechanism that wraps', () => {
  useTokenRoom()

  async function inSession(work: (session: Session) => void): Promise<void> {
    const binding = await loadBinding()
    const module = await useModule(binding, softHsmModule)
    const session = logIn(binding, module.cryptoki, findToken(binding, module.cryptoki, 'agency'), utf8(tokenPin))
    try {
      work(session)
    } finally {
      logOut(session)
      module.release()
    }
  }

  test('is taken for what it computes: wrapping without padding (RFC 3394) is not it, nor is one that is missing', () =>
    inSession((session) => {
      expect(isRfc5649(session, keyWrapPad)).toBe(true)
      expect(isRfc5649(session, keyWrap)).toBe(false)
      expect(isRfc5649(session, keyWrapKwp)).toBe(false)
      expect(chooseMechanism(session)).toBe(keyWrapPad)
    }))

  test('leaves no object of its trial behind', () =>
    inSession((session) => {
      isRfc5649(session, keyWrapPad)
      isRfc5649(session, keyWrap)
      expect(secretKeyLabels({ ...session, session: session.handle })).toEqual([])
    }))

  test('is not there in a token whose padding is another one', () =>
    inSession((session) => {
      // The real token, whose number for wrapping with padding stands for another mechanism.
      const swap = <Other extends { readonly mechanism: number }>(asked: Other): Other =>
        asked.mechanism === keyWrapPad ? { ...asked, mechanism: keyWrap } : asked
      const cryptoki = new Proxy(session.cryptoki, {
        get: (real, name) => {
          if (name === 'C_WrapKey')
            return (...[handle, asked, ...rest]: Parameters<typeof real.C_WrapKey>) =>
              real.C_WrapKey(handle, swap(asked), ...rest)
          if (name === 'C_UnwrapKey')
            return (...[handle, asked, ...rest]: Parameters<typeof real.C_UnwrapKey>) =>
              real.C_UnwrapKey(handle, swap(asked), ...rest)
          const member: unknown = Reflect.get(real, name)
          return typeof member === 'function' ? member.bind(real) : member
        },
      })
      expect(() => chooseMechanism({ ...session, cryptoki })).toThrow(expect.objectContaining({ code: 'unsupported' }))
    }))
})
