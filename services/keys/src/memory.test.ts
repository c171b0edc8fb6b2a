import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '@reinraum/crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { agreeAndImport, type Dataset } from './testing/agreement.ts'
import { bundleOf, outcomeOf } from './testing/attempt.ts'
import { type KeyServiceProcess, startKeyServiceProcess } from './testing/key-service-process.ts'
import { type Room, startRoom } from './testing/room.ts'

let room: Room
let keyService: KeyServiceProcess
let datasets: readonly Dataset[]
let contract: string

beforeAll(async () => {
  room = await startRoom()
  keyService = await startKeyServiceProcess(room)
  const agreement = await agreeAndImport(keyService.room)
  datasets = agreement.datasets.filter(({ slot }) => slot !== 'flights')
  contract = agreement.id
  for (let run = 0; run < 3; run += 1) {
    expect(await outcomeOf(agreement, keyService.room.shared, await bundleOf(agreement))).toBe('released')
  }
})
afterAll(async () => {
  await keyService.kill()
  await room.stop()
})

/** Every way in which bytes become text. */
function textsOf(secret: Uint8Array): string[] {
  const bytes = Buffer.from(secret)
  const base64 = bytes.toString('base64').replace(/=+$/, '')
  return [
    toHex(secret),
    base64,
    bytes.toString('base64url'),
    [...bytes].join(','),
    JSON.stringify(bytes.toString('latin1')).slice(1, -1),
  ]
}

test('after a release no data key is left in the memory of the process', async () => {
  const dataKeys = datasets.map(({ dataKey }) => Buffer.from(dataKey))
  const rootKey = await readFile((room.shared.config.rootKey as { path: string }).path)
  const open = await findInMemory(keyService.pid, [...dataKeys, rootKey])
  expect(open.slice(0, -1)).toEqual(dataKeys.map(() => 0))
  // An open service has its root key somewhere: the search works.
  expect(open.at(-1)).toBeGreaterThan(0)
})

test('after a release the heap holds no data key as text, nor the root key', async () => {
  const file = join(room.folder, 'after-release.heapsnapshot')
  await keyService.ask({ snapshot: file })
  const snapshot = await readFile(file, 'latin1')
  await rm(file)
  // What is there as text is found: the search works.
  expect(snapshot).toContain(contract.slice('sha256:'.length))
  const rootKey = await readFile((room.shared.config.rootKey as { path: string }).path)
  for (const secret of [...datasets.map(({ dataKey }) => dataKey), rootKey]) {
    for (const text of textsOf(secret)) expect(snapshot.includes(text)).toBe(false)
  }
})

test('after sealing no root key is left either', async () => {
  const rootKey = await readFile((room.shared.config.rootKey as { path: string }).path)
  await keyService.ask({ seal: true })
  expect(await findInMemory(keyService.pid, [rootKey])).toEqual([0])
})

/** How often each secret stands in the writable memory of a process (proc(5), `maps` and `mem`). */
async function findInMemory(pid: number, secrets: readonly Buffer[]): Promise<number[]> {
  const found = secrets.map(() => 0)
  const memory = await open(`/proc/${pid}/mem`, 'r')
  try {
    for (const line of (await readFile(`/proc/${pid}/maps`, 'utf8')).split('\n')) {
      const range = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line)
      if (range === null) continue
      const [from, to] = [Number.parseInt(range[1] as string, 16), Number.parseInt(range[2] as string, 16)]
      for (let at = from; at < to; at += chunkBytes) {
        // A little more than the chunk, so that what lies across its end is seen.
        const chunk = Buffer.alloc(Math.min(chunkBytes + 64, to - at))
        const { bytesRead } = await memory.read(chunk, 0, chunk.length, at).catch(() => ({ bytesRead: 0 }))
        const read = chunk.subarray(0, bytesRead)
        for (const [i, secret] of secrets.entries()) if (read.includes(secret)) found[i] = (found[i] ?? 0) + 1
      }
    }
  } finally {
    await memory.close()
  }
  return found
}

const chunkBytes = 4 << 20
