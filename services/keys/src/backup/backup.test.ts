import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { randomBytes, toHex } from '@reinraum/crypto'
import { RecoveryService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KeysConfig } from '../config.ts'
import { openKeysStore } from '../store.ts'
import { type Agreement, agreeAndImport, type Dataset } from '../testing/agreement.ts'
import { bundleOf, outcomeOf } from '../testing/attempt.ts'
import { filesIn, freshMachine as freshMachineOf, restore } from '../testing/machine.ts'
import { backUp, confirm, type RecoveryRoom, releasesOf, startRecoveryRoom } from '../testing/recovery.ts'
import type { RunningKeyService } from '../testing/room.ts'
import { createBackup } from './create-backup.ts'

let room: RecoveryRoom
let agreement: Agreement & { readonly datasets: readonly Dataset[] }
let backup: string
const secondPath = () => join(room.folder, toHex(randomBytes(8)))
const rootKeyOf = ({ config }: RunningKeyService) => (config.rootKey as { path: string }).path

beforeAll(async () => {
  room = await startRecoveryRoom()
  agreement = await agreeAndImport(room)
  room.directory.set(agreement.id, { contract: agreement.statement, revocations: [] })
  await outcomeOf(agreement, room.shared, await bundleOf(agreement))
  backup = await backUp(room, room.shared, join(room.folder, 'backup'))
})
afterAll(() => room.stop())

const freshMachine = (changes: Partial<KeysConfig> = {}) => freshMachineOf(room, changes)

const main = join(import.meta.dirname, '../main.ts')
const node = ['--conditions=source', '--disable-warning=ExperimentalWarning', main]

describe('the drill', () => {
  test('a restored service has the same keys and its log, and releases again once each owner has confirmed the log', {
    timeout: 60_000,
  }, async () => {
    const machine = await freshMachine()
    await promisify(execFile)(process.execPath, [...node, '--config', machine.file, '--restore', backup])
    expect(await filesIn(machine.data)).toEqual(['keys.sqlite'])
    expect((await stat(join(machine.data, 'keys.sqlite'))).mode & 0o777).toBe(0o600)
    await copyFile(rootKeyOf(room.shared), join(machine.folder, 'shared.root-key'))
    const restored = await room.start(machine.folder)
    expect(restored.vault.identity.publicKeys).toEqual(room.shared.vault.identity.publicKeys)
    expect(await releasesOf(agreement, restored)).toEqual(await releasesOf(agreement, room.shared))

    const outcome = async () => outcomeOf(agreement, restored, await bundleOf(agreement))
    expect(await refusalOf(outcome)).toBe('rollback-detected')
    expect(await confirm(agreement, restored, 'bird')).toEqual({ lock: 'NONE', awaited: [] })
    expect(await outcome()).toBe('released')
    await restored.stop()
  })

  test('a service that is in use is never overwritten', async () => {
    const machine = await freshMachine()
    expect(await restore(machine, backup)).toMatch(/^restored from a backup/)
    const before = await readFile(join(machine.data, 'keys.sqlite'))
    expect(await restore(machine, backup)).toBe('conflict')
    expect(await readFile(join(machine.data, 'keys.sqlite'))).toEqual(before)
  })
})

describe('a backup', () => {
  test('shows nothing of what it holds, and the folder nothing of the backup', async () => {
    const content = await readFile(backup)
    const { datasets, document } = agreement
    const { identity } = room.shared.vault
    const forms = (bytes: Uint8Array) => [Buffer.from(bytes), toHex(bytes), Buffer.from(bytes).toString('base64url')]
    const secrets = [...datasets.map(({ dataKey }) => dataKey), identity.hpkePrivateKey].flatMap(forms)
    const texts = [document.name, document.purpose, 'SELECT', 'strikes', agreement.id, 'CREATE TABLE', 'SQLite format']
    for (const clear of [...secrets, ...texts]) expect(content.includes(clear)).toBe(false)
    expect(content.includes('reinraum/key-service-backup/v1')).toBe(true)
    expect((await filesIn(room.shared.config.data)).filter((name) => !name.startsWith('keys.sqlite'))).toEqual([])
  })

  test('is for administrators, one at a time', async () => {
    const first = createBackup(room.shared.service)
    await first.next()
    // The copy that is being read has no name: kill -9 leaves none.
    expect((await filesIn(room.shared.config.data)).filter((name) => name.includes('copying'))).toEqual([])
    expect(await refusalOf(() => backUp(room, room.shared, secondPath()))).toBe('resource-exhausted')
    await first.return(undefined)
    const bird = room.shared.asOf(RecoveryService, room.parties.bird)
    expect(await refusalOf(() => bird.createBackup({})[Symbol.asyncIterator]().next())).toBe('permission-denied')
  })

  test('of a sealed service is refused, and what a kill left while it was copied is gone after the next start', async () => {
    const machine = await freshMachine()
    await restore(machine, backup)
    await copyFile(rootKeyOf(room.shared), join(machine.folder, 'shared.root-key'))
    for (const name of ['backup.copying', 'backup.copying-journal', 'keys.sqlite.restoring', 'keys.sqlite.restoring-wal'])
      await writeFile(join(machine.data, name), 'left')
    const restored = await room.start(machine.folder)
    expect((await filesIn(machine.data)).sort()).toEqual(['keys.sqlite', 'keys.sqlite-wal'])
    await restored.service.seal()
    expect(await refusalOf(() => backUp(room, restored, secondPath()))).toBe('sealed')
    await restored.stop()
  })
})

describe('a restore leaves nothing behind when the backup', () => {
  const altered = async (change: (bytes: Buffer) => Uint8Array) => {
    const file = secondPath()
    await writeFile(file, change(await readFile(backup)))
    return file
  }
  const flipped = (at: (bytes: Buffer) => number) => (bytes: Buffer) => {
    bytes.writeUInt8(bytes.readUInt8(at(bytes)) ^ 1, at(bytes))
    return bytes
  }
  const replaced = (from: string, to: string) => (bytes: Buffer) =>
    Buffer.concat([Buffer.from(bytes.subarray(0, 4096).toString('latin1').replace(from, to), 'latin1'), bytes.subarray(4096)])

  test.each([
    ['was cut', 'decryption-failed', (bytes: Buffer) => bytes.subarray(0, -20_000)],
    [
      'was cut where a chunk ends',
      'decryption-failed',
      (bytes: Buffer) => bytes.subarray(0, bytes.indexOf(10) + 1 + 56 + 3 * 16_400),
    ],
    ['ends in its header', 'unreadable-input', (bytes: Buffer) => bytes.subarray(0, 50)],
    ['was altered', 'decryption-failed', flipped((bytes) => bytes.length - 30_000)],
    ['says another time', 'key-mismatch', replaced('"createdAt":"20', '"createdAt":"21')],
    ['is older than any', 'unreadable-input', replaced('"createdAt":"20', '"createdAt":"19')],
    ['says more than it did', 'unreadable-input', replaced('{', '{"more":1,')],
    ['is of another service', 'key-mismatch', replaced('"keyService":"shared"', '"keyService":"shared-2"')],
    ['is of a newer version', 'unsupported', replaced('backup/v1', 'backup/v2')],
    ['is something else', 'unreadable-input', () => randomBytes(100_000)],
  ])('%s: %s', async (_, code, change) => {
    const machine = await freshMachine()
    expect(await restore(machine, await altered(change))).toBe(code)
    expect(await filesIn(machine.data)).toEqual([])
  })

  test('has a header of its own bytes: one that only says the same does not open it', async () => {
    const machine = await freshMachine()
    const spaced = await altered(replaced('{', '{ '))
    expect(await restore(machine, spaced)).toBe('decryption-failed')
    expect(await filesIn(machine.data)).toEqual([])
  })

  test('opens under another root key', async () => {
    const path = secondPath()
    await writeFile(path, randomBytes(32), { mode: 0o600 })
    const machine = await freshMachine({ rootKey: { kind: 'file', path } })
    expect(await restore(machine, backup)).toBe('decryption-failed')
    const missing = await freshMachine({ rootKey: { kind: 'file', path: `${path}.missing` } })
    expect(await restore(missing, backup)).toBe('not-found')
    expect(existsSync(`${path}.missing`)).toBe(false)
    for (const { data } of [machine, missing]) expect(await filesIn(data)).toEqual([])
  })

  test('holds a database of a newer version', async () => {
    const { db } = room.shared.vault.store
    await sql`insert into migration (name, applied_at) values ('of the future', '')`.execute(db)
    const newer = await backUp(room, room.shared, secondPath())
    await sql`delete from migration where name = 'of the future'`.execute(db)
    const machine = await freshMachine()
    expect(await restore(machine, newer)).toBe('unsupported')
    expect(await filesIn(machine.data)).toEqual([])
  })

  test('finds the disk full', { timeout: 60_000 }, async () => {
    const machine = await freshMachine()
    const { db } = room.shared.vault.store
    await sql`insert into outbox (id, subject, body, time) values ('large', '', zeroblob(4000000), 0)`.execute(db)
    const large = await backUp(room, room.shared, secondPath())
    await sql`delete from outbox where id = 'large'`.execute(db)
    // A limit on the size of files is a disk that fills up at the same place on every machine: 4096 blocks of 512 bytes.
    const limited = ['-c', 'trap "" XFSZ; ulimit -f 4096; exec "$@"', 'sh', process.execPath, ...node]
    const failed = promisify(execFile)('sh', [...limited, '--config', machine.file, '--restore', large])
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('storage-full') })
    expect(await filesIn(machine.data)).toEqual([])
  })

  test('is being restored when the process is killed, at any moment: all of it is there, or no store', {
    timeout: 60_000,
  }, async () => {
    const machine = await freshMachine()
    const states = new Set<string>()
    const begun = async () => (await filesIn(machine.data)).some((name) => name.startsWith('keys.sqlite'))
    const done = async () => existsSync(join(machine.data, 'keys.sqlite'))
    for (const [state, delay] of [
      [begun, 0],
      [begun, 20],
      [done, 0],
    ] as const) {
      await rm(machine.data, { recursive: true, force: true })
      const child = spawn(process.execPath, [...node, '--config', machine.file, '--restore', backup], { stdio: 'ignore' })
      const ended = new Promise((resolve) => child.once('exit', resolve))
      while (child.exitCode === null && !(await state())) await sleep(1)
      await sleep(delay)
      child.kill('SIGKILL')
      await ended
      const whole = existsSync(join(machine.data, 'keys.sqlite'))
      states.add(whole ? 'whole' : 'none')
      if (!whole) continue
      const store = await openKeysStore(join(machine.data, 'keys.sqlite'))
      expect(await store.db.selectFrom('locks').select('reason').execute()).toEqual([{ reason: 'restored' }])
      expect(await store.db.selectFrom('data_keys').select('slot').execute()).toHaveLength(2)
      await store.close()
    }
    expect([...states].sort()).toEqual(['none', 'whole'])
    await rm(machine.data, { recursive: true })
    expect(await restore(machine, backup)).toMatch(/^restored from a backup/)
  })
})
