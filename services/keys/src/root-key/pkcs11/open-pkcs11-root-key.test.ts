import { join } from 'node:path'
import { randomBytes, utf8 } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { describe, expect, test } from 'vitest'
import { hasSoftHsm } from '../../testing/softhsm.ts'
import { generateKey, keyTemplate, secretKeyLabels, secretKeys } from '../../testing/token-keys.ts'
import { tokenPin, useTokenRoom } from '../../testing/token-room.ts'

describe.skipIf(!hasSoftHsm)('opening the root key of a token', () => {
  const { tokens, open } = useTokenRoom()

  test('the key is made so that the token never shows it and does nothing else with it', async () => {
    const root = await open()
    root.close()
    await tokens().atToken('agency', tokenPin, ({ binding, cryptoki, session }) => {
      const [key] = secretKeys({ binding, cryptoki, session })
      if (key === undefined) throw new Error('no key')
      expect(() => cryptoki.C_GetAttributeValue(session, key, [{ type: binding.CKA_VALUE }])).toThrow('CKR_ATTRIBUTE_SENSITIVE')
      const is = (type: number) => cryptoki.C_GetAttributeValue(session, key, [{ type }])[0]?.value[0] === 1
      const { CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_WRAP, CKA_UNWRAP } = binding
      expect(
        [CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_WRAP, CKA_UNWRAP].filter((one) => !is(one)),
      ).toEqual([])
      const { CKA_EXTRACTABLE, CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_DERIVE } = binding
      expect([CKA_EXTRACTABLE, CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_DERIVE].filter(is)).toEqual([])
    })
  })

  test('a store that was written under a lost key never looks fresh', async () => {
    expect(await refusalOf(() => open({ create: false }))).toBe('not-found')
    expect(await tokens().atToken('agency', tokenPin, secretKeyLabels)).toEqual([])
  })

  test('a wrong PIN opens nothing, also right after the right one, and is overwritten', async () => {
    const wrong = utf8('493818')
    expect(await refusalOf(() => open({ pin: wrong }))).toBe('unauthenticated')
    expect(wrong).toEqual(new Uint8Array(wrong.length))
    expect(await refusalOf(() => open({ pin: new Uint8Array(0) }))).toBe('unauthenticated')
    const root = await open()
    expect(await refusalOf(() => open({ pin: utf8('493818') }))).toBe('conflict')
    expect((await root.wrap(randomBytes(32))).length).toBe(40)
    root.close()
    expect(await refusalOf(() => open({ pin: utf8('493818') }))).toBe('unauthenticated')
  })

  test('a refusal says nothing about the PIN, and nothing in the words of the module', async () => {
    const failure = await open({ pin: utf8('7777-secret') }).catch((error: Error) => error)
    expect(failure).toBeInstanceOf(Error)
    expect((failure as Error).message).toBe('the token refuses the PIN')
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('7777')
  })

  test('a token that is not there, or is there twice, is not guessed', async () => {
    expect(await refusalOf(() => open({ token: 'agenc' }))).toBe('not-found')
    // SoftHSM2 always offers a blank token as well, which has no label.
    expect(await refusalOf(() => open({ token: '' }))).toBe('not-found')
    await tokens().addToken('agency', tokenPin)
    expect(await refusalOf(() => open())).toBe('conflict')
    const serials = await tokens().atToken('agency', tokenPin, ({ cryptoki }) =>
      cryptoki.C_GetSlotList(true).map((slot) => cryptoki.C_GetTokenInfo(slot).serialNumber.trim()),
    )
    const root = await open({ token: serials[1] ?? '' })
    expect((await root.wrap(randomBytes(32))).length).toBe(40)
  })

  test('two keys of one label are not guessed either', async () => {
    await tokens().atToken('agency', tokenPin, (console) => {
      for (let count = 0; count < 2; count += 1) generateKey(console, {})
    })
    expect(await refusalOf(() => open())).toBe('conflict')
  })

  test.each([
    ['extractable', { CKA_EXTRACTABLE: true }],
    ['not sensitive', { CKA_SENSITIVE: false }],
    ['usable without the PIN', { CKA_PRIVATE: false }],
    ['of 128 bits', { CKA_VALUE_LEN: 16 }],
    ['not one that wraps', { CKA_WRAP: false }],
    ['not one that unwraps', { CKA_UNWRAP: false }],
  ])('a key that is %s is refused', async (_, changes) => {
    await tokens().atToken('agency', tokenPin, (console) => generateKey(console, changes))
    expect(await refusalOf(() => open())).toBe('permission-denied')
    expect(await refusalOf(() => open({ create: false }))).toBe('permission-denied')
  })

  test('a key that was outside the token, or could have left it before, is refused', async () => {
    await tokens().atToken('agency', tokenPin, ({ binding, cryptoki, session }) => {
      const value = Buffer.from(randomBytes(32))
      const imported = keyTemplate({ binding, cryptoki, session }, { CKA_LABEL: 'imported' })
      cryptoki.C_CreateObject(session, [
        ...imported.filter(({ type }) => type !== binding.CKA_VALUE_LEN),
        { type: binding.CKA_VALUE, value },
      ])
      const extractable = { CKA_LABEL: 'was extractable', CKA_EXTRACTABLE: true }
      const key = generateKey({ binding, cryptoki, session }, extractable)
      cryptoki.C_SetAttributeValue(session, key, [{ type: binding.CKA_EXTRACTABLE, value: false }])
      const readable = generateKey({ binding, cryptoki, session }, { CKA_LABEL: 'was readable', CKA_SENSITIVE: false })
      cryptoki.C_SetAttributeValue(session, readable, [{ type: binding.CKA_SENSITIVE, value: true }])
    })
    expect(await refusalOf(() => open({ key: 'imported' }))).toBe('permission-denied')
    expect(await refusalOf(() => open({ key: 'was extractable' }))).toBe('permission-denied')
    expect(await refusalOf(() => open({ key: 'was readable' }))).toBe('permission-denied')
  })

  test('a file that is no PKCS#11 module, none at all, or one to be searched for is refused', async () => {
    expect(await refusalOf(() => open({ module: process.execPath }))).toBe('unsupported')
    expect(await refusalOf(() => open({ module: join(tokens().folder, 'none.so') }))).toBe('not-found')
    expect(await refusalOf(() => open({ module: 'libsofthsm2.so' }))).toBe('invalid-argument')
  })
})
