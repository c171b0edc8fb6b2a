import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { ReinraumError } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { MemoryPlan } from './memory-plan.ts'
import { createRunMemory, type FileSystem, type Reservation } from './run-memory.ts'
import { fileSystemOf } from './scratch-file-system.ts'

const plan: MemoryPlan = { totalBytes: 1000, processBytes: 100, resultBytes: 50, datasetBytes: 600, keptBytes: 0 }
const never = new AbortController().signal
const vast: FileSystem = { pageBytes: 4096, free: async () => 1e9, used: async () => 0 }
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn()
}

/** What became of a reservation that may have to wait. */
function asked(reservation: Promise<Reservation>) {
  const state: { is: 'waiting' | 'given' | string; given?: Reservation } = { is: 'waiting' }
  reservation.then(
    (given) => Object.assign(state, { is: 'given', given }),
    (error: ReinraumError) => Object.assign(state, { is: error.code }),
  )
  return state
}

describe('runs that together would take more than there is', () => {
  it('wait for each other, in their order, so that a large one is not passed by small ones', async () => {
    const memory = createRunMemory(plan, vast)
    const first = await memory.reserve(500, never)
    const [large, small] = [asked(memory.reserve(500, never)), asked(memory.reserve(10, never))]
    await settled()
    expect([large.is, small.is]).toEqual(['waiting', 'waiting'])
    first.release()
    await settled()
    expect([large.is, small.is]).toEqual(['given', 'given'])
  })

  it('never hold more than that, and all get their turn', async () => {
    const need = fc.integer({ min: 0, max: 900 })
    const property = fc.asyncProperty(fc.array(fc.tuple(need, need), { maxLength: 30 }), async (needs) => {
      const memory = createRunMemory(plan, vast)
      let held = 0
      const order: number[] = []
      const runs = needs.map(async ([most, read], i) => {
        const reservation = await memory.reserve(most, never)
        const reserved = 150 + Math.min(most, 600)
        held += reserved
        order.push(i)
        expect(held).toBeLessThanOrEqual(1000)
        await turn()
        const used = Math.min(read, most, 600)
        reservation.requireRoom('file', used)
        held -= reserved - 150 - used
        reservation.settle()
        await turn()
        held -= 150 + used
        reservation.release()
      })
      await Promise.all(runs)
      expect(order).toEqual(needs.map((_, i) => i))
      expect(held).toBe(0)
    })
    await fc.assert(property, { numRuns: 50 })
  })

  it('go on as soon as it is known that another one reads less than it could', async () => {
    const memory = createRunMemory(plan, vast)
    const first = await memory.reserve(600, never)
    const second = asked(memory.reserve(600, never))
    first.requireRoom('a', 30)
    first.requireRoom('b', 20)
    // The same file once more, of another attempt.
    first.requireRoom('a', 30)
    await settled()
    expect(second.is).toBe('waiting')
    first.settle()
    await settled()
    expect(second.is).toBe('given')
  })
})

describe('a run that waits', () => {
  it.each([
    ['is cancelled', 'run-cancelled'],
    ['is put back when the service stops', 'unavailable'],
  ] as const)('%s, and whoever is behind it goes on', async (_, code) => {
    const memory = createRunMemory(plan, vast)
    const first = await memory.reserve(300, never)
    const stop = new AbortController()
    const [large, small] = [asked(memory.reserve(600, stop.signal)), asked(memory.reserve(100, never))]
    await settled()
    stop.abort(new ReinraumError(code, 'stop'))
    await settled()
    expect([large.is, small.is]).toEqual([code, 'given'])
    first.release()
    small.given?.release()
    const all = asked(memory.reserve(600, never))
    await settled()
    expect(all.is).toBe('given')
  })

  it('does not begin to when it was stopped before', async () => {
    const memory = createRunMemory(plan, vast)
    expect(await refusalOf(memory.reserve(1, AbortSignal.abort(new ReinraumError('run-cancelled', 'no'))))).toBe('run-cancelled')
  })
})

describe('a run that is too large', () => {
  it('is refused before it starts where that is certain', async () => {
    const memory = createRunMemory(plan, vast)
    const run = await memory.reserve(700, never)
    expect(run.holdsAll).toBe(false)
    run.requireLeast(600)
    expect(() => run.requireLeast(601)).toThrow(expect.objectContaining({ code: 'too-large' }))
    run.release()
    expect((await memory.reserve(600, never)).holdsAll).toBe(true)
  })

  it('is refused before the file is decrypted that is one too many', async () => {
    const memory = createRunMemory(plan, vast)
    const run = await memory.reserve(5000, never)
    run.requireRoom('a', 400)
    run.requireRoom('b', 200)
    expect(() => run.requireRoom('c', 1)).toThrow(expect.objectContaining({ code: 'too-large' }))
  })
})

describe('the memory file system', () => {
  it('has room for what is promised beside what is written already, which counts once', async () => {
    const fileSystem = {
      pageBytes: 4096,
      bytes: 1000,
      written: 0,
      free: async () => fileSystem.bytes - fileSystem.written,
      used: async () => fileSystem.written,
    }
    const memory = createRunMemory({ ...plan, totalBytes: 1e6 }, fileSystem)
    const first = await memory.reserve(550, never)
    first.liesIn('first')
    const second = asked(memory.reserve(550, never))
    await settled()
    expect(second.is).toBe('waiting')
    fileSystem.written = 600
    fileSystem.bytes = 1249
    const third = asked(memory.reserve(0, never))
    first.settle()
    await settled()
    expect([second.is, third.is]).toEqual(['given', 'waiting'])
  })

  it('that others have filled is waited for no longer than runs of this executor could make room', async () => {
    const full: FileSystem = { pageBytes: 4096, free: async () => 60, used: async () => 0 }
    const memory = createRunMemory(plan, full)
    expect(await refusalOf(memory.reserve(11, never))).toBe('resource-exhausted')
    const fits = await memory.reserve(10, never)
    const next = asked(memory.reserve(10, never))
    await settled()
    expect(next.is).toBe('waiting')
    fits.release()
    await settled()
    expect(next.is).toBe('given')
  })

  it('says what a folder takes: what was written, and no holes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reinraum-memory-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const fileSystem = await fileSystemOf(folder)
    const before = await fileSystem.used(folder)
    const file = await open(join(folder, 'sparse'), 'w')
    await file.truncate(1e9)
    await file.write(Buffer.alloc(65_536, 1), 0, 65_536, 500_000_000)
    await file.sync()
    await file.close()
    const taken = (await fileSystem.used(folder)) - before
    expect(taken >= 65_536 && taken < 200_000).toBe(true)
    expect(await fileSystem.used(join(folder, 'gone'))).toBe(0)
    expect(await fileSystem.free()).toBeLessThanOrEqual(await fileSystem.size())
  })
})
