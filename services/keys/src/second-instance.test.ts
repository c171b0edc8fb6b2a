import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restoreBackup } from './backup/restore-backup.ts'
import { type Agreement, agreeAndImport, type Dataset } from './testing/agreement.ts'
import { bundleOf, outcomeOf } from './testing/attempt.ts'
import { type KeyServiceProcess, startKeyServiceProcess } from './testing/key-service-process.ts'
import { type Room, startRoom } from './testing/room.ts'

let room: Room
let first: KeyServiceProcess
let agreement: Agreement & { readonly datasets: readonly Dataset[] }
const others: KeyServiceProcess[] = []

beforeAll(async () => {
  room = await startRoom()
  agreement = await agreeAndImport(room)
  first = await startKeyServiceProcess(room)
})
afterAll(async () => {
  for (const one of [first, ...others]) await one.kill()
  await room.stop()
})

async function startAnother(): Promise<string> {
  try {
    others.push(await startKeyServiceProcess(first.room))
    return 'it serves'
  } catch (error) {
    return (error as Error).message
  }
}

const outcome = async (of: KeyServiceProcess) => outcomeOf(agreement, of.room.shared, await bundleOf(agreement))

test('a second process on the store of a running key service refuses to start and says why; the first one goes on', async () => {
  // As it looks while the first one makes a backup.
  const copying = join(room.shared.config.data, 'backup.copying')
  await writeFile(copying, 'in the middle')
  expect(await startAnother()).toBe('another process has the database of this service open')
  expect(existsSync(copying)).toBe(true)
  expect(await outcome(first)).toBe('released')
})

test('nothing is restored over a running key service', async () => {
  const copying = join(room.shared.config.data, 'backup.copying')
  const restoring = restoreBackup(join(room.folder, 'backup'), {
    keyServiceId: 'shared',
    dataPath: (name) => join(room.shared.config.data, name),
    now: new Date(),
    rootKeyOf: () => Promise.reject(new Error('nobody asks')),
  })
  await expect(restoring).rejects.toMatchObject({ code: 'unavailable' })
  expect(existsSync(copying)).toBe(true)
})

test('the store is free as soon as its process is gone, killed or not', async () => {
  await first.kill()
  expect(await startAnother()).toBe('it serves')
  expect(await outcome(others[0] as KeyServiceProcess)).toBe('released')
})
