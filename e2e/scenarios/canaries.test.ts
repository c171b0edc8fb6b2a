import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sealDataset } from '@reinraum/client'
import { expect, it } from 'vitest'
import { approve, propose, query, reviewAndOpen, seal, settle, start } from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'
import { visitsCsv } from '../harness/visits.ts'

const rooms = useCleanRooms()
/** Stands in the data of this test and in no other's, so that it can be searched for everywhere. */
const canary = `canary-${crypto.randomUUID()}`
const began = new Date()

/** Files below a folder that changed since this test began and hold the canary, in any byte. What is older cannot hold it. */
function filesWithCanary(folder: string): string[] {
  const recent = ['-type', 'f', '-newerct', began.toISOString()]
  const grep = ['-exec', 'grep', '-laF', '-e', canary, '{}', '+']
  const found = spawnSync('find', [folder, ...recent, ...grep], { encoding: 'utf8', maxBuffer: 1 << 24 })
  return found.stdout.split('\n').filter((line) => line !== '')
}

it('no string of the data is in any log, stream, store, temporary folder or error message after runs that worked and runs that failed', async () => {
  // what an executor may keep otherwise is decrypted data
  const clean = await rooms.open({ change: (contract) => ({ ...contract, cache: 'never' }) })
  const data = visitsCsv(canary)
  await seal(clean, 'visits', data)
  await seal(clean, 'districts')
  const queryId = await propose(clean)
  await approve(clean, queryId)
  const runId = await start(clean, queryId)
  expect((await settle(clean, runId)).state).toBe('awaiting-review')
  await reviewAndOpen(clean, runId)

  const messages: string[] = []
  const note = (error: unknown) => messages.push(String(error), JSON.stringify(error))
  const broken = join(clean.directory, 'broken.csv')
  await writeFile(broken, `person,district,cost,note\n${canary},north,${canary},x\n`)
  const options = { contract: clean.contract, slot: 'visits', stateDirectory: join(clean.directory, 'state', 'health') }
  await sealDataset(clean.sessions.health, { ...options, file: broken }).catch(note)
  await propose(clean, { ...query, sql: query.sql.replace('v.cost', 'v.note') }).catch(note)
  expect(messages.length).toBeGreaterThanOrEqual(4)
  expect(messages.join('\n')).not.toContain(canary)

  // A run that fails inside: its ciphertext is cut off after the executor has begun to decrypt.
  const spoilt = await seal(clean, 'visits', data)
  const failing = await propose(clean, { ...query, title: 'again' })
  await approve(clean, failing)
  const objects = join(rooms.room.directory, 'services', 'ingestion', 'data')
  const object = readdirSync(objects, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.includes(spoilt.document.object.slice(7)),
  )
  await truncate(join(objects, object ?? ''), spoilt.document.length - 20)
  expect((await settle(clean, await start(clean, failing))).state).toBe('failed')

  // That the search finds something where there is something: the owners' own files are in the clear by nature.
  const inTheClear = filesWithCanary(clean.directory)
  expect(inTheClear.length).toBe(3)
  expect(inTheClear.every((file) => file.endsWith('.csv'))).toBe(true)
  const ownMemory = `/proc/${rooms.room.services.get('executor')?.pid}/root/dev/shm`
  const everywhere = [tmpdir(), ...['/dev/shm', ownMemory].filter((folder) => existsSync(folder))].flatMap(filesWithCanary)
  expect(everywhere.filter((file) => !inTheClear.includes(file))).toEqual([])
})
