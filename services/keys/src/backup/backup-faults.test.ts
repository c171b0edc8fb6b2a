import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { randomBytes, toHex } from '@reinraum/crypto'
import { RecoveryService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { startKeyServiceProcess } from '../testing/key-service-process.ts'
import { filesIn, freshMachine, restore } from '../testing/machine.ts'
import { backUp, type RecoveryRoom, startRecoveryRoom } from '../testing/recovery.ts'
import type { PartyName, RoomOptions } from '../testing/room.ts'
import { canMount, withSmallDisk } from '../testing/small-disk.ts'

/** A room whose shared service has so many bytes to copy. */
async function roomWith(bytes: number, shared?: RoomOptions['shared']): Promise<RecoveryRoom> {
  const room = await startRecoveryRoom(shared === undefined ? {} : { shared })
  onTestFinished(() => room.stop())
  const { db } = room.shared.vault.store
  await sql`insert into outbox (id, subject, body, time) values ('large', '', zeroblob(${bytes}), 0)`.execute(db)
  return room
}

test('kill -9 while a backup is copied or read loses nothing, and the copy is gone after the next start', {
  timeout: 60_000,
}, async () => {
  const room = await roomWith(24_000_000)
  const { data } = room.shared.config
  const target = () => join(room.folder, toHex(randomBytes(8)))
  const copy = join(data, 'backup.copying')

  const there = { ...room, shared: { ...room.shared } }
  const copying = await startKeyServiceProcess(there)
  const refused = refusalOf(backUp(copying.room, copying.room.shared, target()))
  while (!existsSync(copy)) await nextTurn()
  await copying.kill()
  expect(await refused).toMatch(/^(unavailable|internal)$/)
  expect(existsSync(copy)).toBe(true)

  const reading = await startKeyServiceProcess({ ...there, shared: { ...there.shared, stop: async () => {} } })
  expect(existsSync(copy)).toBe(false)
  const pieces = reading.room.shared.asOf(RecoveryService, room.parties.officer).createBackup({})[Symbol.asyncIterator]()
  await pieces.next()
  await reading.kill()
  const rest = async () => {
    while ((await pieces.next()).done !== true);
  }
  expect(await refusalOf(rest())).toMatch(/^(unavailable|internal)$/)
  expect((await filesIn(data)).filter((name) => !name.startsWith('keys.sqlite'))).toEqual([])

  const again = await room.start()
  onTestFinished(() => again.stop())
  expect((await stat(await backUp(room, again, target()))).size).toBeGreaterThan(24_000_000)
})

test.runIf(canMount)('a disk that fills up refuses a backup, with nothing left of it', { timeout: 60_000 }, async () => {
  const room = await roomWith(4_000_000)
  const { data } = room.shared.config
  const running = await startKeyServiceProcess(room, { through: withSmallDisk(data, 16 * 2 ** 20) })
  onTestFinished(() => running.kill())
  const seen = join(`/proc/${running.pid}/root`, data)
  const backup = () => backUp(running.room, running.room.shared, join(room.folder, toHex(randomBytes(8))))
  // Room for half of it.
  await writeFile(join(seen, 'filler'), new Uint8Array(9 * 2 ** 20))
  expect(await refusalOf(backup())).toBe('storage-full')
  expect((await filesIn(seen)).filter((name) => !name.startsWith('keys.sqlite'))).toEqual(['filler'])
  await rm(join(seen, 'filler'))
  expect((await stat(await backup())).size).toBeGreaterThan(4_000_000)
})

test('kill -9 while a backup is laid down to wait leaves all of it, or nothing that counts', { timeout: 60_000 }, async () => {
  const rootKey = (file: (party: PartyName) => string) => ({
    rootKey: { kind: 'shares' as const, threshold: 2, holders: [file('air'), file('bird')] },
  })
  const room = await roomWith(24_000_000, rootKey)
  const backup = await backUp(room, room.shared, join(room.folder, 'backup'))
  const machine = await freshMachine(room)
  const command = [join(import.meta.dirname, '../main.ts'), '--config', machine.file, '--restore', backup]
  const child = spawn(process.execPath, ['--conditions=source', ...command], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const found = () => existsSync(machine.data) && readdirSync(machine.data).some((name) => name.includes('pending'))
  while (child.exitCode === null && !found()) await nextTurn()
  child.kill('SIGKILL')
  await ended
  const waits = join(machine.data, 'restore.pending')
  if (existsSync(waits)) expect((await stat(waits)).size).toBe((await stat(backup)).size)
  const again = await restore(machine, backup)
  expect(again).toContain('waits for the holders')
})
