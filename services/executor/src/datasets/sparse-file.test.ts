import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes } from '@reinraum/crypto'
import { createEnvelopeThreads } from '@reinraum/envelope'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type ByteRange, bytesIn } from './byte-ranges.ts'
import type { SparseFile } from './sparse-file.ts'
import { sealFile } from './testing/sealed-file.ts'

const envelopes = createEnvelopeThreads({ threads: 2 })
const directory = await mkdtemp('/dev/shm/reinraum-sparse-')
const never = new AbortController().signal
const plaintext = randomBytes(1_000_000)
let files = 0
let sealed: ReturnType<typeof sealFile>
let file: SparseFile
beforeEach(async () => {
  files += 1
  sealed = sealFile(plaintext, envelopes)
  file = await sealed.openAt(join(directory, `${files}`))
})
afterAll(async () => {
  await envelopes.close()
  await rm(directory, { recursive: true })
})

const at = (offset: number, length: number): ByteRange => ({ offset, length })

/** The plaintext in these ranges, and zeros elsewhere. */
function only(ranges: readonly ByteRange[]): Buffer {
  const bytes = Buffer.alloc(plaintext.length)
  for (const { offset, length } of ranges) bytes.set(plaintext.subarray(offset, offset + length), offset)
  return bytes
}

describe('a sparse file', () => {
  it('has what was asked for, to the byte, and is as long as the whole', async () => {
    const ranges = [at(0, 4), at(20_000, 100), at(32_000, 1000), at(500_000, 70_000), at(999_000, 1000)]
    await file.ensure(ranges, never)
    expect((await readFile(file.path)).equals(only(ranges))).toBe(true)
    expect(file.unsealedBytes()).toBe(bytesIn(ranges))
    expect((await stat(file.path)).blocks * 512).toBeLessThan(300_000)
  })

  it('keeps what is there when more is asked for, also at once, and fetches nothing twice', async () => {
    await file.ensure([at(100, 50_000)], never)
    const before = bytesIn(sealed.fetched())
    await file.ensure([at(200, 40_000)], never)
    expect(bytesIn(sealed.fetched())).toBe(before)
    await Promise.all([
      file.ensure([at(50_050, 10)], never),
      file.ensure([at(50_200, 90_000)], never),
      file.ensure([at(50, 60)], never),
    ])
    const all = [at(50, 50_050), at(50_200, 90_000)]
    expect((await readFile(file.path)).equals(only(all))).toBe(true)
    expect(file.unsealedBytes()).toBe(bytesIn(all))
  })

  it('is of no use after it failed once: a range may be there in part', async () => {
    const stop = new AbortController()
    stop.abort(new Error('stopped'))
    await expect(file.ensure([at(100, 50_000)], stop.signal)).rejects.toThrow('stopped')
    await expect(file.ensure([at(0, 10)], never)).rejects.toThrow('stopped')
  })

  it('takes nothing more once it is closed, and stays', async () => {
    await file.ensure([at(0, 10)], never)
    await file.close()
    await expect(file.ensure([at(20, 10)], never)).rejects.toMatchObject({ code: 'internal' })
    expect((await readFile(file.path)).equals(only([at(0, 10)]))).toBe(true)
  })
})
