import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSimulatedPlatform } from '@reinraum/attestation'
import { randomBytes, toHex, utf8 } from '@reinraum/crypto'
import { SealService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { KeysConfig } from '../config.ts'
import { agreeAndImport } from '../testing/agreement.ts'
import { bundleOf, outcomeOf } from '../testing/attempt.ts'
import { contribute } from '../testing/ceremony.ts'
import { filesIn, freshMachine, restore } from '../testing/machine.ts'
import { backUp, confirm, startRecoveryRoom } from '../testing/recovery.ts'
import type { RunningKeyService, SharedConfig } from '../testing/room.ts'
import { hasSoftHsm, softHsmModule } from '../testing/softhsm.ts'
import { tokenPin, useTokenRoom } from '../testing/token-room.ts'

/** A room whose shared service has made a backup, and machines for it. */
async function backedUp(rootKey: KeysConfig['rootKey']) {
  const room = await startRecoveryRoom({ shared: () => ({ rootKey }) })
  onTestFinished(() => room.stop())
  const agreement = await agreeAndImport(room)
  room.directory.set(agreement.id, { contract: agreement.statement, revocations: [] })
  const backup = await backUp(room, room.shared, join(room.folder, toHex(randomBytes(8))))
  const { publicKeys } = room.shared.vault.identity
  // The machine is lost; and a process uses a token once at a time.
  await room.shared.stop()
  const outcome = async (service: RunningKeyService) => outcomeOf(agreement, service, await bundleOf(agreement))
  return {
    room,
    async restoreWith(changes: SharedConfig) {
      const machine = await freshMachine(room, changes as Partial<KeysConfig>)
      return { machine, said: await restore(machine, backup) }
    },
    async start(folder: string, changes: SharedConfig) {
      const service = await room.start(folder, changes)
      onTestFinished(() => service.stop())
      return service
    },
    /** It has everything, and releases when the owner has confirmed its log. */
    async requireRestored(service: RunningKeyService) {
      expect(service.vault.identity.publicKeys).toEqual(publicKeys)
      expect(await refusalOf(outcome(service))).toBe('rollback-detected')
      await confirm(agreement, service, 'bird')
      expect(await outcome(service)).toBe('released')
      await service.stop()
    },
  }
}

describe.skipIf(!hasSoftHsm)('a backup under a root key in a token', () => {
  const tokenRoom = useTokenRoom()
  const token = { kind: 'pkcs11', module: softHsmModule, token: 'agency', key: 'root' } as const

  async function withPinFile() {
    const pin = join(tokenRoom.tokens().folder, 'pin')
    await writeFile(pin, `${tokenPin}\n`, { mode: 0o600 })
    return { pin, ...(await backedUp({ ...token, pin })) }
  }

  test('is put in place at once where the PIN is in a file', async () => {
    const { pin, restoreWith, start, requireRestored } = await withPinFile()
    const { machine, said } = await restoreWith({})
    expect(said).toMatch(/^restored from a backup/)
    expect(await filesIn(machine.data)).toEqual(['keys.sqlite'])
    await requireRestored(await start(machine.folder, {}))
    const { machine: second, said: refused } = await restoreWith({ rootKey: { ...token, key: 'another', pin } })
    expect(refused).toBe('not-found')
    expect(await filesIn(second.data)).toEqual([])
  })

  test('waits for the administrator who types the PIN where it is not, and no key is made for it', async () => {
    const { room, restoreWith, start, requireRestored } = await withPinFile()
    const { machine, said } = await restoreWith({ rootKey: token })
    expect(said).toMatch(/waits for an administrator with the PIN of its token: start the service and unseal it$/)
    const type = (service: RunningKeyService, pin: string) => contribute(service, room.parties.officer, utf8(pin))

    const misled = await start(machine.folder, { rootKey: { ...token, key: 'another' } })
    for (const _ of [1, 2]) expect(await refusalOf(type(misled, tokenPin))).toBe('not-found')
    await misled.stop()

    const service = await start(machine.folder, { rootKey: token })
    expect(await refusalOf(type(service, '000000'))).toBe('unauthenticated')
    const status = () => service.asOf(SealService, room.parties.air).getSealStatus({ nonce: randomBytes(32) })
    expect(await status()).toMatchObject({ sealed: true, have: 0, need: 1, restoresFrom: expect.any(BigInt) })
    expect((await status()).restoresFrom).toBeGreaterThan(0n)
    expect(await type(service, tokenPin)).toMatchObject({ sealed: false })
    expect(await filesIn(machine.data)).not.toContain('restore.pending')
    await requireRestored(service)
  })

  test('that waited is put in place at the start, when the PIN is in a file by then', async () => {
    const { restoreWith, start, requireRestored } = await withPinFile()
    const { machine } = await restoreWith({ rootKey: token })
    await requireRestored(await start(machine.folder, {}))
    expect(await filesIn(machine.data)).not.toContain('restore.pending')
  })
})

test('a backup under a root key of the TEE is put in place by the same code on the same machine, and nowhere else', async () => {
  const { room, restoreWith, start, requireRestored } = await backedUp({ kind: 'tee' })
  const { machine, said } = await restoreWith({})
  expect(said).toMatch(/^restored from a backup/)
  await requireRestored(await start(machine.folder, {}))
  const platform = join(room.folder, 'other-platform.json')
  await writeFile(platform, JSON.stringify(await createSimulatedPlatform({ modulusLength: 2048 })))
  const elsewhere = await restoreWith({ attester: { kind: 'simulator', platform } })
  expect(elsewhere.said).toBe('decryption-failed')
  expect(await filesIn(elsewhere.machine.data)).toEqual([])
})
