import { existsSync } from 'node:fs'
import { mkdir, open, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEnvelopeThreads, type EnvelopeThreads } from '@reinraum/envelope'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type KeepingLease, type KeptDatasets, keepDatasets } from './kept-datasets.ts'
import { continueSparseFile } from './sparse-file.ts'
import { type Engine, startEngine } from './testing/engine.ts'
import { type SealedFile, sealFile } from './testing/sealed-file.ts'
import { scanOf } from './testing/unsealing.ts'
import { unsealDataset } from './unseal-dataset.ts'

let engine: Engine
let envelopes: EnvelopeThreads
let sealed: SealedFile
beforeAll(async () => {
  envelopes = createEnvelopeThreads({ threads: 1 })
  engine = await startEngine()
  const rows = 'SELECT i AS number, md5(i::VARCHAR) AS hash, md5((-i)::VARCHAR) AS other FROM range(20000) t(i)'
  sealed = sealFile((await engine.parquet(rows, ', COMPRESSION zstd')).bytes, envelopes)
})
afterAll(async () => {
  await engine.close()
  await envelopes.close()
})

const never = new AbortController().signal
let folders = 0

async function folder(): Promise<string> {
  folders += 1
  const path = join(engine.directory, `folder-${folders}`)
  await mkdir(path)
  return path
}

async function keeping(limits: { readonly bytes?: number; readonly idleMs?: number } = {}) {
  const directory = await folder()
  const kept = keepDatasets(directory, { bytes: 1 << 30, idleMs: 60_000, ...limits })
  onTestFinished(() => kept.close())
  return { kept, files: () => readdir(directory) }
}

/** A lease that the test can take away, and sees let go of. */
function leased() {
  const lost = new AbortController()
  let held = 0
  const lease: KeepingLease = {
    signal: lost.signal,
    hold() {
      held += 1
      return () => {
        held -= 1
      }
    },
  }
  return { lease, lose: () => lost.abort(new Error('revoked')), held: () => held }
}

/** As a run that reads these columns of a dataset version. */
async function run(
  kept: KeptDatasets,
  columns: readonly string[],
  { lease = leased().lease, manifestId = 'm', contractId = 'c' } = {},
) {
  const path = join(await folder(), 'dataset.parquet')
  let opened = false
  const found = kept.take(manifestId, path)
  const file = await (found === undefined
    ? sealed.openAt(path)
    : continueSparseFile(found, async () => {
        opened = true
        return sealed.openEnvelope()
      }))
  const bytes = file.unsealedBytes()
  await unsealDataset(
    file,
    { scans: [scanOf(columns)], clusteredBy: undefined },
    { pageBytes: 4096, requireRoom: () => {} },
    never,
    0,
  )
  await file.close()
  kept.keep({ contractId, manifestId, content: file.content() }, lease)
  return { path, opened, added: file.unsealedBytes() - bytes, isNew: found === undefined }
}

const sum = (path: string, column: string) =>
  engine.rows(`SELECT count(DISTINCT ${column})::INTEGER FROM read_parquet('${path}')`)

describe('columns that an earlier run of the contract read', () => {
  it('are there for the next one, which opens nothing for them', async () => {
    const { kept, files } = await keeping()
    const first = await run(kept, ['hash'])
    const second = await run(kept, ['hash'])
    expect([first.isNew, second.isNew, second.opened, second.added]).toEqual([true, false, false, 0])
    expect(await sum(second.path, 'hash')).toEqual([[20_000]])
    expect(await files()).toHaveLength(1)
  })

  it('are there beside those that only the next one reads', async () => {
    const { kept } = await keeping()
    const [first, second] = [await run(kept, ['hash']), await run(kept, ['other'])]
    expect(second.opened).toBe(true)
    expect(second.added).toBeGreaterThan(0)
    expect(second.added).toBeLessThan(first.added * 1.5)
    for (const column of ['hash', 'other']) expect(await sum(second.path, column)).toEqual([[20_000]])
    await expect(sum(second.path, 'number')).rejects.toThrow()
  })

  it('stay where the run has them, whatever becomes of what is kept', async () => {
    const { kept, files } = await keeping()
    const { path } = await run(kept, ['hash'])
    kept.forget('c')
    expect(await files()).toEqual([])
    expect(await sum(path, 'hash')).toEqual([[20_000]])
  })

  it('are found by one of two runs at a time: both never write into one file', async () => {
    const { kept, files } = await keeping()
    await run(kept, ['number'])
    const both = await Promise.all([run(kept, ['hash']), run(kept, ['other'])])
    expect(both.map(({ isNew }) => isNew).sort()).toEqual([false, true])
    expect(await files()).toHaveLength(1)
  })
})

describe('what is kept is dropped', () => {
  it('at once when the lease is lost', async () => {
    const { kept, files } = await keeping()
    const { lease, lose, held } = leased()
    await run(kept, ['hash'], { lease })
    expect([held(), await files()]).toEqual([1, [expect.any(String)]])
    lose()
    expect([held(), await files()]).toEqual([0, []])
    await run(kept, ['hash'], { lease })
    expect([held(), await files()]).toEqual([0, []])
  })

  it('at once when something of its contract is revoked, and of no other', async () => {
    const { kept, files } = await keeping()
    await run(kept, ['hash'], { manifestId: 'one', contractId: 'a' })
    await run(kept, ['hash'], { manifestId: 'other', contractId: 'b' })
    kept.forget('a')
    expect(await files()).toHaveLength(1)
    expect((await run(kept, ['hash'], { manifestId: 'one', contractId: 'a' })).isNew).toBe(true)
    expect((await run(kept, ['hash'], { manifestId: 'other', contractId: 'b' })).isNew).toBe(false)
  })

  it('when nobody wants it for some time', async () => {
    const { kept, files } = await keeping({ idleMs: 50 })
    const { lease, held } = leased()
    await run(kept, ['hash'], { lease })
    await expect.poll(async () => [held(), await files()]).toEqual([0, []])
  })

  it('when others were wanted since and there is no room', async () => {
    const room = (await run((await keeping()).kept, ['hash'])).added
    const { kept, files } = await keeping({ bytes: room * 2.5 })
    for (const manifestId of ['a', 'b', 'a', 'c']) await run(kept, ['hash'], { manifestId })
    expect(await files()).toHaveLength(2)
    const found = []
    for (const manifestId of ['a', 'c', 'b']) found.push((await run(kept, ['hash'], { manifestId })).isNew)
    expect(found).toEqual([false, false, true])
  })

  it('never kept where its file takes more memory than there is room, however few of its bytes are there', async () => {
    const { kept, files } = await keeping({ bytes: 500_000 })
    for (const [manifestId, bytes] of [
      ['small', 1000],
      ['large', 1_000_000],
    ] as const) {
      const path = join(await folder(), 'dataset.parquet')
      const file = await open(path, 'w')
      await file.writeFile(new Uint8Array(bytes))
      // A file system on a disk says what it takes once it is there.
      await file.sync()
      await file.close()
      kept.keep({ contractId: 'c', manifestId, content: { path, length: 1_000_000, present: [] } }, leased().lease)
      expect(await files()).toHaveLength(1)
    }
    expect(kept.take('large', join(await folder(), 'dataset.parquet'))).toBeUndefined()
  })

  it('never kept where it is larger than all of the room, or there is none', async () => {
    for (const bytes of [0, 1000]) {
      const { kept, files } = await keeping({ bytes })
      await run(kept, ['hash'])
      expect(await files()).toEqual([])
    }
  })

  it('when the executor stops, and by nobody after that', async () => {
    const { kept, files } = await keeping()
    const { lease, held } = leased()
    await run(kept, ['hash'], { lease })
    kept.close()
    expect([held(), await files()]).toEqual([0, []])
    await run(kept, ['hash'], { lease })
    expect([held(), await files()]).toEqual([0, []])
  })

  it('with the lease of the run that read it last: that of an earlier one is not renewed any more', async () => {
    const { kept } = await keeping()
    const [earlier, later] = [leased(), leased()]
    await run(kept, ['hash'], earlier)
    await run(kept, ['hash'], later)
    expect([earlier.held(), later.held()]).toEqual([0, 1])
    earlier.lose()
    await sleep(1)
    expect((await run(kept, ['hash'], later)).isNew).toBe(false)
  })
})

it('a file that is gone is an error and not an empty one', async () => {
  const { kept, files } = await keeping()
  await run(kept, ['hash'])
  const [name = ''] = await files()
  const directory = join(engine.directory, `folder-${folders - 1}`)
  await rename(join(directory, name), join(await folder(), 'elsewhere'))
  const path = join(await folder(), 'dataset.parquet')
  expect(() => kept.take('m', path)).toThrow()
  expect(existsSync(join(directory, name))).toBe(false)
  expect((await run(kept, ['hash'])).isNew).toBe(true)
})
