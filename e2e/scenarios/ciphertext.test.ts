import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest, Verified } from '@reinraum/statements'
import { expect, it } from 'vitest'
import { approve, type CleanRoom, propose, seal, settle, start } from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms()

/** The file in which ingestion keeps an object: the operator's to change. */
async function objectFile(manifest: Verified<Manifest>): Promise<string> {
  const data = join(rooms.room.directory, 'services', 'ingestion', 'data')
  const hex = manifest.document.object.replace('sha256:', '')
  const names = await readdir(data, { recursive: true })
  const found = names.find((name) => name.includes(hex))
  if (found === undefined) throw new Error('the object is not there')
  return join(data, found)
}

async function outcomeAfter(
  tamper: (visits: Verified<Manifest>, districts: Verified<Manifest>, clean: CleanRoom) => Promise<void>,
) {
  const clean = await rooms.open()
  const [visits, districts] = [await seal(clean, 'visits'), await seal(clean, 'districts')]
  const queryId = await propose(clean)
  await approve(clean, queryId)
  await tamper(visits, districts, clean)
  return settle(clean, await start(clean, queryId))
}

it('one flipped bit of a ciphertext ends the run without a result', async () => {
  const view = await outcomeAfter(async (visits) => {
    const file = await objectFile(visits)
    const bytes = await readFile(file)
    bytes[100] = (bytes[100] ?? 0) ^ 1
    await writeFile(file, bytes)
  })
  expect(view.state).toBe('failed')
  expect(['decryption-failed', 'ciphertext-mismatch']).toContain(view.reason)
})

it('a truncated ciphertext ends the run without a result', async () => {
  const view = await outcomeAfter(async (visits) => truncate(await objectFile(visits), visits.document.length - 1))
  expect(view.state).toBe('failed')
  expect(['decryption-failed', 'ciphertext-mismatch', 'not-found']).toContain(view.reason)
})

it('two exchanged objects end the run without a result', async () => {
  const view = await outcomeAfter(async (visits, districts) => {
    const [one, other] = [await objectFile(visits), await objectFile(districts)]
    const [a, b] = [await readFile(one), await readFile(other)]
    await writeFile(one, b)
    await writeFile(other, a)
  })
  expect(view.state).toBe('failed')
  expect(['decryption-failed', 'ciphertext-mismatch', 'not-found']).toContain(view.reason)
})

it('the ciphertext of another version in place of this one ends the run without a result', async () => {
  const view = await outcomeAfter(async (visits, _, clean) => {
    const newer = await seal(clean, 'visits')
    await writeFile(await objectFile(visits), await readFile(await objectFile(newer)))
  })
  expect(view.state).toBe('failed')
  expect(['decryption-failed', 'ciphertext-mismatch', 'not-found']).toContain(view.reason)
})
