import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { utf8 } from '@reinraum/crypto'
import { SealService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { contribute, sealAsAdministrator } from '../../testing/ceremony.ts'
import { publicKeysFile, type Room, type RoomOptions, startRoom } from '../../testing/room.ts'
import { hasSoftHsm, softHsmModule } from '../../testing/softhsm.ts'
import { tokenPin, useTokenRoom } from '../../testing/token-room.ts'

describe.skipIf(!hasSoftHsm)('a key service with its root key in a token', () => {
  useTokenRoom()
  const token = { kind: 'pkcs11', module: softHsmModule, token: 'agency', key: 'root' } as const

  async function start(options: RoomOptions): Promise<Room> {
    const room = await startRoom(options)
    onTestFinished(() => room.stop())
    return room
  }

  test('waits for an administrator to type the PIN, at the first start as at the later ones', async () => {
    const room = await start({ shared: (file) => ({ rootKey: token, administrators: [file('analyst')] }) })
    const { analyst, air } = room.parties
    const type = (pin: string, by = analyst) => contribute(room.shared, by, utf8(pin))
    expect(room.shared.service.isSealed()).toBe(true)
    expect(await refusalOf(type(tokenPin, air))).toBe('permission-denied')
    expect(await refusalOf(type('000000'))).toBe('unauthenticated')
    expect(await type(tokenPin)).toMatchObject({ sealed: false, have: 1, need: 1 })
    const { publicKeysJson } = room.shared.vault.identity
    await sealAsAdministrator(room)
    await type(tokenPin)
    await room.restartShared()
    expect(room.shared.service.isSealed()).toBe(true)
    await type(tokenPin)
    expect(room.shared.vault.identity.publicKeysJson).toEqual(publicKeysJson)
  })

  test('reads the PIN from a file where one is named, and gives way to shares', async () => {
    const room = await start({ shared: (file) => ({ administrators: [file('analyst')] }) })
    const pin = join(room.folder, 'pin')
    await writeFile(pin, `${tokenPin}\n`, { mode: 0o600 })
    const formerRootKey = room.shared.config.rootKey
    await room.restartShared({ rootKey: { ...token, pin }, formerRootKey })
    const reshare = () => room.shared.asOf(SealService, room.parties.analyst).reshare({})
    expect(await reshare()).toMatchObject({ rootKey: 'pkcs11', need: 0 })
    await room.restartShared({ formerRootKey: undefined })
    expect(room.shared.vault.root.kind).toBe('pkcs11')
    const holders = [publicKeysFile(room.folder, 'air'), publicKeysFile(room.folder, 'bird')]
    await room.restartShared({ rootKey: { kind: 'shares', threshold: 2, holders }, formerRootKey: { ...token, pin } })
    expect(await reshare()).toMatchObject({ rootKey: 'shares', need: 2, holders: 2 })
  })
})
