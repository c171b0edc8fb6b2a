import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { randomBytes, toHex } from '@reinraum/crypto'
import { SealService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Agreement, agreeAndImport, type Dataset } from '../testing/agreement.ts'
import { bundleOf, outcomeOf } from '../testing/attempt.ts'
import { contribute, shareOf } from '../testing/ceremony.ts'
import { filesIn, freshMachine, type Machine, restore } from '../testing/machine.ts'
import { backUp, confirm, type RecoveryRoom, releasesOf, startRecoveryRoom } from '../testing/recovery.ts'
import type { PartyName, RunningKeyService } from '../testing/room.ts'

let room: RecoveryRoom
let agreement: Agreement & { readonly datasets: readonly Dataset[] }
let backup: string
const secondPath = () => join(room.folder, toHex(randomBytes(8)))

beforeAll(async () => {
  room = await startRecoveryRoom({
    shared: (file) => ({ rootKey: { kind: 'shares', threshold: 2, holders: [file('air'), file('bird'), file('analyst')] } }),
  })
  agreement = await agreeAndImport(room)
  room.directory.set(agreement.id, { contract: agreement.statement, revocations: [] })
  await outcomeOf(agreement, room.shared, await bundleOf(agreement))
  backup = await backUp(room, room.shared, secondPath())
}, 60_000)
afterAll(() => room.stop())

/** A service that is started where a backup waits. */
async function started(from = backup) {
  const machine = await freshMachine(room)
  expect(await restore(machine, from)).toMatch(/^the backup of 2[^ ]+ waits for the holders of its shares: start/)
  return { machine, service: await start(machine) }
}

async function start(machine: Machine): Promise<RunningKeyService> {
  const service = await room.start(machine.folder)
  onTestFinished(() => service.stop())
  return service
}

async function unsealBy(service: RunningKeyService, ...names: readonly PartyName[]): Promise<void> {
  for (const name of names) await contribute(service, room.parties[name], await shareOf(service, room.parties[name]))
}

const statusOf = (service: RunningKeyService) =>
  service.asOf(SealService, room.parties.stranger).getSealStatus({ nonce: randomBytes(32) })
const outcome = async (service: RunningKeyService) => outcomeOf(agreement, service, await bundleOf(agreement))
const changed = async (change: (bytes: Buffer) => Uint8Array) => {
  const file = secondPath()
  await writeFile(file, change(await readFile(backup)))
  return file
}
const replaced = (from: string | RegExp, to: string) => (bytes: Buffer) => {
  const end = bytes.indexOf(10)
  return Buffer.concat([Buffer.from(bytes.subarray(0, end).toString('latin1').replace(from, to), 'latin1'), bytes.subarray(end)])
}

describe('a backup whose root key is in the hands of three people', () => {
  test('is put in place by two of them, at the first start on the new machine', async () => {
    const { machine, service } = await started()
    const { createdAt } = JSON.parse((await readFile(backup)).subarray(0, (await readFile(backup)).indexOf(10)).toString())
    expect(await statusOf(service)).toMatchObject({ sealed: true, have: 0, need: 2, restoresFrom: BigInt(Date.parse(createdAt)) })
    await unsealBy(service, 'air')
    expect(await statusOf(service)).toMatchObject({ sealed: true, have: 1, need: 2 })
    expect(await refusalOf(outcome(service))).toBe('sealed')
    expect(await filesIn(machine.data)).toContain('restore.pending')
    await unsealBy(service, 'analyst')
    expect(await statusOf(service)).toMatchObject({ sealed: false, restoresFrom: 0n })

    expect(service.vault.identity.publicKeys).toEqual(room.shared.vault.identity.publicKeys)
    expect(await releasesOf(agreement, service)).toEqual(await releasesOf(agreement, room.shared))
    expect((await filesIn(machine.data)).filter((name) => !name.startsWith('keys.sqlite'))).toEqual([])
    expect(await filesIn(machine.data)).not.toContain('keys.sqlite.restoring')
    expect(await refusalOf(outcome(service))).toBe('rollback-detected')
    expect(await confirm(agreement, service, 'bird')).toEqual({ lock: 'NONE', awaited: [] })
    expect(await outcome(service)).toBe('released')

    await service.stop()
    const again = await start(machine)
    expect(await statusOf(again)).toMatchObject({ sealed: true, restoresFrom: 0n })
    await unsealBy(again, 'bird', 'air')
    expect(await outcome(again)).toBe('released')
  })

  test('still waits after a restart, and a wrong share spoils nothing', async () => {
    const { machine, service } = await started()
    await unsealBy(service, 'bird')
    const wrong = (await shareOf(service, room.parties.air)).with(3, 0)
    expect(await refusalOf(contribute(service, room.parties.air, wrong))).toBe('share-invalid')
    expect(await refusalOf(shareOf(service, room.parties.officer))).toBe('not-found')
    await service.stop()
    const again = await start(machine)
    expect(await statusOf(again)).toMatchObject({ sealed: true, have: 0, need: 2 })
    await unsealBy(again, 'bird', 'air')
    expect(again.service.isSealed()).toBe(false)
  })

  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['content', (bytes) => bytes.fill(bytes.readUInt8(bytes.length - 30_000) ^ 1, bytes.length - 30_000, bytes.length - 29_999)],
    ['last chunk', (bytes) => bytes.subarray(0, -16_400)],
    ['time', replaced(/"createdAt":"20/, '"createdAt":"21')],
    ['people', (bytes) => replaced(/"holder":"[^"]+"/, `"holder":"${keyOf('stranger')}"`)(bytes)],
  ])('whose %s was altered leaves a sealed service with nothing half, and a good one can follow', async (about, change) => {
    const { machine, service } = await started(await changed(change))
    const holders = (['air', 'bird', 'analyst'] as const).filter((name) => name !== firstHolder())
    await unsealBy(service, ...holders.slice(0, 1))
    expect(await refusalOf(unsealBy(service, ...holders.slice(1)))).toMatch(/^(decryption-failed|key-mismatch|share-invalid)$/)
    expect(await statusOf(service)).toMatchObject({ sealed: true, have: 0, need: 2 })
    expect(await service.service.site.store.db.selectFrom('contracts').select('id').execute()).toEqual([])
    expect(await filesIn(machine.data)).toEqual(['keys.sqlite', 'keys.sqlite-wal', 'restore.pending'])
    await service.stop()
    // Of other people the check of the root key says so, before there is one.
    if (about !== 'people') expect(await readFile(machine.log, 'utf8')).toContain('the backup that waits is not put in place')

    expect(await restore(machine, backup)).toContain('waits for the holders')
    const again = await start(machine)
    await unsealBy(again, 'air', 'bird')
    expect(await refusalOf(outcome(again))).toBe('rollback-detected')
  })

  test.each<[string, string, (bytes: Buffer) => Uint8Array]>([
    ['was cut in a tag', 'decryption-failed', (bytes) => bytes.subarray(0, bytes.indexOf(10) + 1 + 56 + 16_400 + 8)],
    ['says nothing of its people', 'unreadable-input', replaced(/"recovery":.*"threshold":2\}/, '"recovery":{}')],
    ['needs more people than there may be', 'unreadable-input', replaced('"threshold":2', '"threshold":9')],
  ])('that %s is refused before anybody is asked: %s', async (_, code, change) => {
    const machine = await freshMachine(room)
    expect(await restore(machine, await changed(change))).toBe(code)
    expect(await filesIn(machine.data)).toEqual([])
  })

  test('is refused where the configuration names another kind of root key, and taken where it is the former one', async () => {
    const file = { kind: 'file', path: secondPath() } as const
    const other = await freshMachine(room, { rootKey: file })
    expect(await restore(other, backup)).toBe('key-mismatch')
    const goingOver = await freshMachine(room, { rootKey: file, formerRootKey: room.shared.config.rootKey })
    expect(await restore(goingOver, backup)).toContain('waits for the holders')
  })

  test('is never put over a store that has keys', async () => {
    const { machine, service } = await started()
    await unsealBy(service, 'air', 'bird')
    await confirm(agreement, service, 'bird')
    expect(await restore(machine, backup)).toBe('unavailable')
    await service.stop()
    expect(await restore(machine, backup)).toBe('conflict')
    expect(await filesIn(machine.data)).toEqual(['keys.sqlite'])
    await writeFile(join(machine.data, 'restore.pending'), await readFile(backup))
    const again = await start(machine)
    expect(await filesIn(machine.data)).not.toContain('restore.pending')
    expect(await statusOf(again)).toMatchObject({ sealed: true, restoresFrom: 0n })
    await unsealBy(again, 'air', 'bird')
    expect(await outcome(again)).toBe('released')
  })

  test('of another service is refused, also where somebody laid it down', async () => {
    const other = await changed(replaced('"keyService":"shared"', '"keyService":"shared-2"'))
    const machine = await freshMachine(room)
    expect(await restore(machine, other)).toBe('key-mismatch')
    await writeFile(join(machine.data, 'restore.pending'), await readFile(other))
    expect(await refusalOf(room.start(machine.folder))).toBe('key-mismatch')
  })

  test('does not wait where it did not fit', { timeout: 60_000 }, async () => {
    const { db } = room.shared.vault.store
    await sql`insert into outbox (id, subject, body, time) values ('large', '', zeroblob(4000000), 0)`.execute(db)
    const large = await backUp(room, room.shared, secondPath())
    await sql`delete from outbox where id = 'large'`.execute(db)
    const machine = await freshMachine(room)
    // A limit on the size of files is a disk that fills up at the same place on every machine: 4096 blocks of 512 bytes.
    const limited = ['-c', 'trap "" XFSZ; ulimit -f 4096; exec "$@"', 'sh', process.execPath]
    const command = ['--conditions=source', join(import.meta.dirname, '../main.ts'), '--config', machine.file, '--restore', large]
    const failed = promisify(execFile)('sh', [...limited, ...command])
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('storage-full') })
    expect(await filesIn(machine.data)).toEqual([])
  })

  test('finds the disk full, and waits until there is room', async () => {
    const { machine, service } = await started()
    const { db } = service.service.site.store
    await sql`pragma max_page_count = 60`.execute(db)
    await unsealBy(service, 'air')
    expect(await refusalOf(unsealBy(service, 'bird'))).toBe('storage-full')
    expect(await db.selectFrom('identity').select('id').execute()).toEqual([])
    expect(await filesIn(machine.data)).toEqual(['keys.sqlite', 'keys.sqlite-wal', 'restore.pending'])
    await sql`pragma max_page_count = 1000000`.execute(db)
    await unsealBy(service, 'air', 'bird')
    expect(await refusalOf(outcome(service))).toBe('rollback-detected')
  })

  test('from a time that its machine has not reached comes with a clock that nobody relies on', async () => {
    const { db } = room.shared.vault.store
    await sql`update clock set newest = newest + 3600000`.execute(db)
    const later = await backUp(room, room.shared, secondPath())
    await sql`update clock set newest = newest - 3600000`.execute(db)
    const { service } = await started(later)
    await unsealBy(service, 'air', 'bird')
    expect(service.vault.clock.isSound()).toBe(false)
    expect(service.vault.now().getTime()).toBeGreaterThan(Date.now() + 3500_000)
  })
})

function keyOf(name: PartyName): string {
  return room.parties[name].signing.ed25519.x
}

/** Shares lie in the order of their holders' keys. */
function firstHolder(): PartyName {
  return (['air', 'bird', 'analyst'] as const).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))[0] ?? expect.fail()
}
