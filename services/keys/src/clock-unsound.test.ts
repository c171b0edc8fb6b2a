import { parseStatement } from '@reinraum/statements'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Agreement, agreeAndImport, type Dataset } from './testing/agreement.ts'
import { bundleOf, outcomeOf } from './testing/attempt.ts'
import { type Room, startRoom } from './testing/room.ts'

const hour = 3600_000
let room: Room
let agreement: Agreement & { readonly datasets: readonly Dataset[] }
let stepped = 0

beforeAll(async () => {
  room = await startRoom()
  agreement = await agreeAndImport(room)
})
afterEach(() => step(-stepped))
afterAll(() => room.stop())

function step(ms: number): void {
  room.clock.step(ms)
  stepped += ms
}

const outcome = async () => outcomeOf(agreement, room.shared, await bundleOf(agreement))

test.each([hour, -hour])(
  'a clock that is set by %i ms stops releases, each denial on record, until it is right again',
  async (ms) => {
    expect(await outcome()).toBe('released')
    step(ms)
    expect(await outcome()).toBe('clock-unsound')
    step(-ms)
    expect(await outcome()).toBe('released')
    const { releases } = await room.shared.as(room.parties.bird).listReleases({ contractId: agreement.id })
    const entries = releases.slice(-3).map((statement) => parseStatement(statement).document as { decidedAt: string })
    const times = entries.map(({ decidedAt }) => Date.parse(decidedAt))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeLessThan(hour / 2)
  },
)

test('a clock that is set stops leases', async () => {
  const bundle = await bundleOf(agreement)
  expect(await outcomeOf(agreement, room.shared, bundle)).toBe('released')
  const renew = async () => (await room.shared.from('executor').renewLease({ runId: bundle.runId })).outcome
  step(-hour)
  expect(await renew()).toEqual({ case: 'deniedReasonCode', value: 'clock-unsound' })
  step(hour)
  expect(await renew()).toMatchObject({ case: 'leaseExpiresAt' })
})

test('an approval that has ended does not come back when the clock is set back, not even over a new start', async () => {
  const validity = { notBefore: new Date(0).toISOString(), notAfter: new Date(room.clock.now().getTime() + hour).toISOString() }
  const bundle = await bundleOf(agreement, { approval: (approval) => ({ ...approval, validity }) })
  room.clock.move(2 * hour)
  expect(await outcomeOf(agreement, room.shared, bundle)).toBe('approval-expired')
  step(-2 * hour)
  expect(await outcomeOf(agreement, room.shared, bundle)).toBe('clock-unsound')

  await room.restartShared()
  const { clock, now } = room.shared.vault
  expect(clock.isSound()).toBe(false)
  expect(now().getTime()).toBeGreaterThan(Date.parse(validity.notAfter))
})
