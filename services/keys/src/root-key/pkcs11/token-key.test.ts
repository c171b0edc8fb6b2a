import { describe, expect, test } from 'vitest'
import { hasSoftHsm } from '../../testing/softhsm.ts'
import { generateKey, secretKeyLabels } from '../../testing/token-keys.ts'
import { tokenPin, useTokenRoom } from '../../testing/token-room.ts'
import { openTokenKey } from './token-key.ts'

describe.skipIf(!hasSoftHsm)('the key in the token', () => {
  const { tokens } = useTokenRoom()

  test('is taken away again by whoever made it while another was made', () =>
    tokens().atToken('agency', tokenPin, (console) => {
      const { binding, cryptoki, session: handle } = console
      const slot = cryptoki.C_GetSessionInfo(handle).slotID
      // The real token, in which another process is faster: between our search and our making of the key.
      const raced = new Proxy(cryptoki, {
        get: (real, name) => {
          const member: unknown = Reflect.get(real, name)
          if (typeof member !== 'function') return member
          if (name !== 'C_GenerateKey') return member.bind(real)
          return (...asked: Parameters<typeof real.C_GenerateKey>) => {
            generateKey(console, {})
            return real.C_GenerateKey(...asked)
          }
        },
      })
      const conflict = expect.objectContaining({ code: 'conflict' })
      expect(() => openTokenKey({ binding, cryptoki: raced, slot, handle }, 'root', { create: true })).toThrow(conflict)
      expect(secretKeyLabels(console)).toEqual(['root'])
      expect(openTokenKey({ binding, cryptoki, slot, handle }, 'root', { create: false })).toBeDefined()
    }))
})
