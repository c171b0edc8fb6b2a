import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sealDataset } from '@reinraum/client'
import { expect, it } from 'vitest'
import { approve, type CleanRoom, propose, reviewAndOpen, seal, settle, start } from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms()

/** Rows that do not compress, so that the upload takes several parts. */
async function largeFile(clean: CleanRoom): Promise<string> {
  const file = join(clean.directory, 'large.csv')
  const rows = Array.from(
    { length: 60_000 },
    (_, i) => `p${i % 500},north,${i % 900},${crypto.randomUUID()}${crypto.randomUUID()}`,
  )
  await writeFile(file, `person,district,cost,note\n${rows.join('\n')}\n`)
  return file
}

function sealing(clean: CleanRoom, file: string, during: (durable: number) => void, signal?: AbortSignal) {
  return sealDataset(clean.sessions.health, {
    contract: clean.contract,
    slot: 'visits',
    file,
    stateDirectory: join(clean.directory, 'state', 'health'),
    onProgress: (progress) => {
      if (progress.step === 'uploading') during(progress.durableBytes)
    },
    ...(signal === undefined ? {} : { signal }),
  })
}

async function runOver(clean: CleanRoom): Promise<number> {
  await seal(clean, 'districts')
  const queryId = await propose(clean)
  await approve(clean, queryId)
  const runId = await start(clean, queryId)
  expect((await settle(clean, runId)).state).toBe('awaiting-review')
  return (await reviewAndOpen(clean, runId)).rowCount
}

it('an upload that its owner interrupts continues where it stopped, and nothing of it was readable before', async () => {
  const clean = await rooms.open()
  const file = await largeFile(clean)
  const stop = new AbortController()
  await expect(sealing(clean, file, (durable) => durable > 0 && stop.abort(), stop.signal)).rejects.toThrow()
  const seen: number[] = []
  const { manifest, resumed } = await sealing(clean, file, (durable) => seen.push(durable))
  expect(resumed).toBe(true)
  expect(seen[0]).toBeGreaterThan(0)
  expect(seen.at(-1)).toBe(manifest.document.length)
  expect(await readdir(join(clean.directory, 'state', 'health'))).toEqual([])
  expect(await runOver(clean)).toBe(1)
})

it('an upload survives ingestion being killed and started again in the middle', async () => {
  const clean = await rooms.open()
  const file = await largeFile(clean)
  let restarting: Promise<void> | undefined
  const { manifest } = await sealing(clean, file, (durable) => {
    if (durable > 0) restarting ??= rooms.room.kill('ingestion').then(() => rooms.room.restart('ingestion'))
  })
  await restarting
  expect(restarting).toBeDefined()
  expect(manifest.document.length).toBeGreaterThan(1 << 20)
  expect(await runOver(clean)).toBe(1)
})

it('a file that changed meanwhile is sealed anew instead of continued', async () => {
  const clean = await rooms.open()
  const file = await largeFile(clean)
  const stop = new AbortController()
  await expect(sealing(clean, file, (durable) => durable > 0 && stop.abort(), stop.signal)).rejects.toThrow()
  await largeFile(clean)
  await writeFile(file, 'person,district,cost,note\np1,north,1,x\n')
  const { manifest, resumed } = await sealing(clean, file, () => {})
  expect({ resumed, rows: manifest.document.rowCount }).toEqual({ resumed: false, rows: 1 })
})
