import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CleanRoom, propose } from '../harness/clean-room.ts'
import type { CommandLine } from '../harness/command-line.ts'
import { noisyVisits, sealNoisyVisits, terminalOf, visitsFor } from '../harness/noisy-visits.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

// Whoever runs a key service puts an old copy of its disk in the place of the present one, so that what was spent since would
// be there to be spent again.

const rooms = useCleanRooms()
let clean: CleanRoom
let as: Readonly<Record<'analyst' | 'health', CommandLine>>
let queryId: string
const service = 'keys/health-keys'
const data = () => join(rooms.room.directory, 'services', 'keys-health-keys', 'data')
const copy = () => join(clean.directory, 'earlier')
const kept = () => join(clean.directory, 'analyst.releases')

beforeAll(async () => {
  clean = await rooms.open({ change: noisyVisits })
  await sealNoisyVisits(clean)
  as = { analyst: await terminalOf(clean, 'analyst'), health: await terminalOf(clean, 'health') }
  queryId = await propose(clean, visitsFor(3))
}, 180_000)
afterAll(async () => {
  await rm(copy(), { recursive: true, force: true })
})

const contract = () => ['--contract', clean.contract.id]
const run = () => as.analyst('run', 'start', queryId, ...contract(), '--wait')
const show = (...more: string[]) => as.analyst('budget', 'show', ...contract(), ...more)
const restore = (party: keyof typeof as, ...more: string[]) => as[party]('keys', 'restore', 'health-keys', ...contract(), ...more)

describe('the store of a key service with a ledger is set back', () => {
  it('after two runs, of which the copy knows one', async () => {
    expect(await run()).toMatchObject({ exitCode: 0, out: expect.stringContaining('completed') })
    // Nothing happens meanwhile: a copy of a disk, as an operator may always have one.
    await cp(data(), copy(), { recursive: true })
    expect(await run()).toMatchObject({ exitCode: 0 })
    const { exitCode, out } = await show('--releases', kept())
    expect(exitCode).toBe(0)
    expect(out).toContain('left       ε 4, δ 0, of ε 10, δ 0\n')
    await rooms.room.kill(service)
    await rm(data(), { recursive: true })
    await mkdir(data(), { mode: 0o700 })
    await cp(copy(), data(), { recursive: true })
    await rooms.room.restart(service)
  }, 120_000)

  it('which shows only beside what a member kept: that it is found says its reason, and where to go on', async () => {
    // The chain that is left is whole, and nobody can tell from it what it lacks.
    expect(await show()).toMatchObject({ exitCode: 0, out: expect.stringContaining('left       ε 7, δ 0') })
    const found = await show('--releases', kept())
    expect(found).toMatchObject({ exitCode: 2, out: '' })
    expect(found.err).toBe(
      'reinraum: health-keys had forgotten releases that this party kept: see keys restore (rollback-detected)\n',
    )
  })

  it('and then everything that was spent is spent again, before anybody confirms anything', async () => {
    const { exitCode, out } = await show()
    expect(exitCode).toBe(2)
    expect(out).toContain(
      'released   nothing: locked: a release was shown that the log lacks; health to confirm it with keys restore --confirm\n',
    )
    expect(out).toContain('spent      ε 6, δ 0\nleft       ε 4, δ 0, of ε 10, δ 0\n')
    expect(out).toContain(', entered again')
  })

  it('no run is released anything until the owner has confirmed where the log ends', async () => {
    const refused = await run()
    expect(refused).toMatchObject({ exitCode: 2, out: expect.stringMatching(/state +failed\nreason +rollback-detected\n/) })
    const state = await restore('health')
    expect(state.exitCode).toBe(2)
    expect(state.out).toMatch(/state +locked: a release was shown that the log lacks\n/)
    expect(state.out).toMatch(/to be confirmed by +health/)
    expect(await restore('analyst', '--confirm')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('permission-denied'),
    })
    expect(await run()).toMatchObject({ exitCode: 2, out: expect.stringContaining('rollback-detected') })
    expect(await restore('health', '--confirm')).toMatchObject({ exitCode: 0, out: expect.stringMatching(/state +open/) })
  }, 60_000)

  it('after which there is as much left as before, and no more', async () => {
    expect(await run()).toMatchObject({ exitCode: 0 })
    const exhausted = await run()
    expect(exhausted).toMatchObject({ exitCode: 2, out: expect.stringContaining('reason   budget-exhausted\n') })
    expect(exhausted.out).toContain(
      'budget   visits: visits, part 1, at health-keys: ε 1, δ 0 left; a query with ε 1 would fit\n',
    )
    const whole = await show('--releases', kept())
    expect(whole).toMatchObject({ exitCode: 0, out: expect.stringContaining('left       ε 1, δ 0, of ε 10, δ 0\n') })
  }, 60_000)
})
