import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes, utf8, wrapKey } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { describe, expect, test } from 'vitest'
import { hasSoftHsm } from '../../testing/softhsm.ts'
import { secretKeyLabels, secretKeys } from '../../testing/token-keys.ts'
import { tokenPin, useTokenRoom } from '../../testing/token-room.ts'

describe.skipIf(!hasSoftHsm)('a root key in a token', () => {
  const { tokens, open, closeAll, anotherSession } = useTokenRoom()

  test('wraps and unwraps keys, and a restart opens the same key', async () => {
    const first = await open()
    expect(first.kind).toBe('pkcs11')
    const [key, bound] = [randomBytes(32), randomBytes(64)]
    const [wrappedKey, wrappedBound] = [await first.wrap(key), await first.wrap(bound)]
    expect([wrappedKey.length, wrappedBound.length]).toEqual([40, 72])
    expect(await first.unwrap(wrappedKey)).toEqual(key)
    first.close()
    const second = await open({ create: false })
    expect(await second.unwrap(wrappedKey)).toEqual(key)
    expect(await second.unwrap(wrappedBound)).toEqual(bound)
    expect(await second.wrap(key)).toEqual(wrappedKey)
  })

  test('refuses altered, shortened and foreign bytes, and still opens the right ones', async () => {
    const root = await open()
    const key = randomBytes(64)
    const wrapped = await root.wrap(key)
    for (const [at, byte] of wrapped.entries())
      expect(await refusalOf(() => root.unwrap(wrapped.with(at, byte ^ 0x10))), `byte ${at}`).toBe('decryption-failed')
    for (const length of [0, 8, 16, 17, 24, 64, 71]) {
      expect(await refusalOf(() => root.unwrap(wrapped.slice(0, length))), `${length} bytes`).toBe('decryption-failed')
    }
    expect(await refusalOf(() => root.unwrap(wrapKey(randomBytes(32), key)))).toBe('decryption-failed')
    expect(await refusalOf(() => root.unwrap(new Uint8Array(100_000)))).toBe('decryption-failed')
    expect(await root.unwrap(wrapped)).toEqual(key)
  })

  test('another key of the same token opens nothing of it', async () => {
    const root = await open()
    const wrapped = await root.wrap(randomBytes(32))
    root.close()
    const other = await open({ key: 'other' })
    expect(await refusalOf(() => other.unwrap(wrapped))).toBe('decryption-failed')
  })

  test('wraps whole blocks only, because tokens pad the rest differently', async () => {
    const root = await open()
    for (const length of [0, 1, 7, 9, 33, 4104]) {
      expect(await refusalOf(() => root.wrap(randomBytes(length))), `${length} bytes`).toBe('invalid-argument')
    }
    const largest = randomBytes(4096)
    expect(await root.unwrap(await root.wrap(largest))).toEqual(largest)
  })

  test('nothing of a wrapped or unwrapped key stays in the token, and the PIN and the module are given back', async () => {
    const typed = utf8(tokenPin)
    const root = await open({ pin: typed })
    expect(typed).toEqual(new Uint8Array(typed.length))
    const wrapped = await root.wrap(randomBytes(32))
    await root.unwrap(wrapped)
    await refusalOf(() => root.unwrap(wrapped.with(0, 0)))
    const { binding, cryptoki, session } = await anotherSession()
    expect(secretKeyLabels({ binding, cryptoki, session })).toEqual(['root'])
    root.close()
    // The module was ended with its last user: it can be begun again by somebody else.
    expect(await tokens().atToken('agency', tokenPin, secretKeyLabels)).toEqual(['root'])
  })

  test('a closed root key is refused, and may be closed again', async () => {
    const wrapped = await (await open()).wrap(randomBytes(32))
    closeAll()
    const root = await open({ create: false })
    root.close()
    root.close()
    // The module gives the numbers of old sessions and keys out again: this one has those of the closed one.
    const next = await open({ create: false })
    expect(await refusalOf(() => root.unwrap(wrapped))).toBe('unavailable')
    expect(await refusalOf(() => root.wrap(randomBytes(32)))).toBe('unavailable')
    expect((await next.unwrap(wrapped)).length).toBe(32)
  })

  test('two tokens of one module are used side by side, and one that closes leaves the other alone', async () => {
    await tokens().addToken('statistics', '111222')
    const agency = await open()
    const statistics = await open({ token: 'statistics', pin: utf8('111222') })
    const key = randomBytes(32)
    const wrapped = await statistics.wrap(key)
    expect(await refusalOf(() => agency.unwrap(wrapped))).toBe('decryption-failed')
    agency.close()
    expect(await statistics.unwrap(wrapped)).toEqual(key)
  })

  test('a module that somebody else began is used, and not ended', async () => {
    const seen = await tokens().atToken('agency', tokenPin, ({ cryptoki }) => cryptoki)
    seen.C_Initialize()
    try {
      const root = await open()
      expect((await root.wrap(randomBytes(32))).length).toBe(40)
      root.close()
      expect(seen.C_GetInfo().manufacturerID).toContain('SoftHSM')
    } finally {
      seen.C_Finalize()
    }
  })

  test('a lost session stays lost, also when the module gives its number out again', async () => {
    const wrapped = await (await open()).wrap(randomBytes(32))
    closeAll()
    const root = await open({ create: false })
    const { cryptoki } = await anotherSession()
    cryptoki.C_Finalize()
    cryptoki.C_Initialize()
    expect(await refusalOf(() => root.unwrap(wrapped))).toBe('unavailable')
    const next = await open({ create: false })
    expect((await next.unwrap(wrapped)).length).toBe(32)
    expect(await refusalOf(() => root.unwrap(wrapped))).toBe('unavailable')
    expect(await refusalOf(() => root.wrap(randomBytes(32)))).toBe('unavailable')
  })

  test('a key that is deleted under it ends the login at once', async () => {
    const root = await open()
    const wrapped = await root.wrap(randomBytes(32))
    const { binding, cryptoki, session } = await anotherSession()
    const writing = cryptoki.C_OpenSession(
      cryptoki.C_GetSessionInfo(session).slotID,
      binding.CKF_SERIAL_SESSION | binding.CKF_RW_SESSION,
    )
    for (const key of secretKeys({ binding, cryptoki, session: writing })) cryptoki.C_DestroyObject(writing, key)
    expect(await refusalOf(() => root.unwrap(wrapped))).toBe('unavailable')
    expect(await refusalOf(() => open({ create: false }))).toBe('not-found')
  })

  test('a token that is taken away makes no stored key look damaged', async () => {
    const root = await open()
    const wrapped = await root.wrap(randomBytes(32))
    await rm(join(tokens().folder, 'tokens'), { recursive: true })
    expect(await refusalOf(() => root.unwrap(wrapped))).toBe('unavailable')
    expect(await refusalOf(() => root.unwrap(wrapped.with(3, 0)))).toBe('unavailable')
  })

  test('two thousand keys of both sizes go in and out', async () => {
    const root = await open()
    for (let count = 0; count < 2000; count += 1) {
      const key = randomBytes(count % 2 === 0 ? 32 : 64)
      expect(Buffer.from(await root.unwrap(await root.wrap(key))).equals(key)).toBe(true)
    }
  })
})
