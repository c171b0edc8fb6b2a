import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type SealOptions, sealDataset, uploadWhileWritten } from '@reinraum/client'
import { fromBase64url, randomBytes } from '@reinraum/crypto'
import { expect, it, vi } from 'vitest'
import { approve, type CleanRoom, propose, reviewAndOpen, seal, settle, start } from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'
import { visitsCsv } from '../harness/visits.ts'

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

function sealing(
  clean: CleanRoom,
  file: string,
  during: (durable: number) => void,
  more: Pick<SealOptions, 'signal' | 'clusterBy'> = {},
) {
  return sealDataset(clean.sessions.health, {
    contract: clean.contract,
    slot: 'visits',
    file,
    stateDirectory: join(clean.directory, 'state', 'health'),
    onProgress: (progress) => {
      if (progress.step === 'uploading') during(progress.durableBytes)
    },
    ...more,
  })
}

/** Seals a file to its end and breaks off in the middle of its upload. */
async function interrupted(clean: CleanRoom, file: string): Promise<void> {
  const stop = new AbortController()
  const during = (durable: number) => durable > 0 && stop.abort()
  await expect(sealing(clean, file, during, { signal: stop.signal })).rejects.toThrow()
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
  await interrupted(clean, file)
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
  // Ingestion has compared what it has with the manifest's digest.
  expect(manifest.document.length).toBeGreaterThan(1 << 20)
})

it('a file that changed meanwhile is sealed anew instead of continued', async () => {
  const clean = await rooms.open()
  const file = await largeFile(clean)
  await interrupted(clean, file)
  await largeFile(clean)
  await writeFile(file, 'person,district,cost,note\np1,north,1,x\n')
  const { manifest, resumed } = await sealing(clean, file, () => {})
  expect({ resumed, rows: manifest.document.rowCount }).toEqual({ resumed: false, rows: 1 })
})

it('what is asked for in another way is sealed anew instead of continued', async () => {
  const clean = await rooms.open()
  const file = await largeFile(clean)
  await interrupted(clean, file)
  const { manifest, resumed } = await sealing(clean, file, () => {}, { clusterBy: 'cost' })
  expect({ resumed, clusteredBy: manifest.document.clusteredBy }).toEqual({ resumed: false, clusteredBy: 'cost' })
})

const MiB = 2 ** 20

/** An upload of a file that the test writes, of which `durable` says what ingestion will not lose. */
async function uploading(clean: CleanRoom, name = randomBytes(16)) {
  const path = join(clean.directory, 'growing')
  await writeFile(path, '')
  const stop = new AbortController()
  let [length, durable] = [0, 0]
  const place = { contract: clean.contract.bytes, slot: 'visits', name }
  const onProgress = (bytes: number) => {
    durable = bytes
  }
  const upload = uploadWhileWritten(clean.sessions.health, place, path, { onProgress, signal: stop.signal })
  return {
    ...upload,
    stop,
    durable: () => durable,
    async write(bytes: number) {
      await appendFile(path, randomBytes(bytes))
      length += bytes
      upload.grown(length)
    },
    offset: async () => Number((await clean.sessions.health.ingestion.beginUpload(place)).offset),
  }
}

const patiently = { timeout: 60_000, interval: 20 }

it('what is sealed is uploaded before the rest is, and goes on where it was when ingestion is killed meanwhile', async () => {
  const clean = await rooms.open()
  const upload = await uploading(clean)
  await upload.write(1.5 * MiB)
  await vi.waitFor(() => expect(upload.durable()).toBe(MiB), patiently)
  await rooms.room.kill('ingestion')
  await upload.write(MiB)
  await rooms.room.restart('ingestion')
  await vi.waitFor(() => expect(upload.durable()).toBe(2 * MiB), patiently)
  await upload.write(100)
  upload.complete()
  await upload.ended
  expect(await upload.offset()).toBe(2.5 * MiB + 100)
})

it('an upload of what will never be sealed to its end is dropped', async () => {
  const clean = await rooms.open()
  const upload = await uploading(clean)
  await upload.write(MiB)
  await vi.waitFor(() => expect(upload.durable()).toBe(MiB), patiently)
  await upload.abandon()
  expect(await upload.offset()).toBe(0)
})

it('a process that was killed while it sealed leaves no key and an upload that the next one drops', async () => {
  const clean = await rooms.open()
  const [file, stateDirectory] = [join(clean.directory, 'visits.csv'), join(clean.directory, 'state', 'health')]
  await writeFile(file, visitsCsv())
  await mkdir(stateDirectory, { recursive: true })
  const options = { contract: clean.contract, slot: 'visits', file, stateDirectory }
  const dataKey = randomBytes(32)
  let left: Promise<readonly (readonly [string, Buffer])[]> | undefined
  const stop = new AbortController()
  const onProgress = () => {
    left ??= readdir(stateDirectory).then(async (names) => {
      const files = await Promise.all(names.map(async (name) => [name, await readFile(join(stateDirectory, name))] as const))
      stop.abort()
      return files
    })
  }
  await sealDataset(clean.sessions.health, { ...options, dataKey, onProgress, signal: stop.signal }).catch(() => undefined)
  const files = (await left) ?? []
  const [name, record] = files.find(([name]) => name.endsWith('.json')) ?? []
  expect(name).toBeDefined()
  for (const [, bytes] of files) {
    expect(bytes.includes(Buffer.from(dataKey))).toBe(false)
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(bytes.includes(Buffer.from(dataKey).toString(encoding))).toBe(false)
  }

  const { upload: uploadName, manifest: _, ...rest } = JSON.parse(String(record))
  const upload = await uploading(clean, fromBase64url(uploadName))
  await upload.write(MiB)
  await vi.waitFor(() => expect(upload.durable()).toBe(MiB), patiently)
  upload.stop.abort()
  await upload.ended
  await writeFile(join(stateDirectory, String(name)), JSON.stringify({ ...rest, upload: uploadName }))

  expect(await sealDataset(clean.sessions.health, options)).toMatchObject({ resumed: false })
  expect(await upload.offset()).toBe(0)
  expect(await readdir(stateDirectory)).toEqual([])
})
