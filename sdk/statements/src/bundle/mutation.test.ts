import { isReinraumError } from '@reinraum/crypto'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { createParties, createRoom, now, type Room, revocationOf } from '../testing/room.ts'
import { type RunBundleBytes, type VerifiedRun, verifyRunBundle } from './verify-run-bundle.ts'

let room: Room
beforeAll(async () => {
  room = await createRoom(await createParties(), {
    revocations: (r) => [revocationOf(r, 'air', { type: 'datasetVersion', manifest: `sha256:${'0'.repeat(64)}` })],
  })
})

const lists = ['decisions', 'manifests', 'revocations'] as const
const places = [
  ...(['contract', 'query', 'run'] as const).map((name) => ({ name, index: -1 })),
  ...lists.flatMap((name) => [0, 1, 2].map((index) => ({ name, index }))),
]

/** The bundle with one statement rewritten; undefined when there is no such statement. */
function rewrite(place: (typeof places)[number], change: (bytes: Uint8Array) => Uint8Array): RunBundleBytes | undefined {
  const value = room.bundle[place.name]
  if (value instanceof Uint8Array) return { ...room.bundle, [place.name]: change(value) }
  const found = value[place.index]
  return found && { ...room.bundle, [place.name]: value.map((bytes, i) => (i === place.index ? change(found) : bytes)) }
}

const byte = fc.integer({ min: 0, max: 255 })
const where = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const offset = (bytes: Uint8Array, at: number) => Math.floor(at * bytes.length)
const mutation = fc.oneof(
  fc.record({ at: where, value: byte }).map(
    ({ at, value }) =>
      (bytes: Uint8Array) =>
        bytes.with(offset(bytes, at), value),
  ),
  fc.record({ at: where, bit: fc.integer({ min: 0, max: 7 }) }).map(({ at, bit }) => (bytes: Uint8Array) => {
    const position = offset(bytes, at)
    return bytes.with(position, (bytes[position] ?? 0) ^ (1 << bit))
  }),
  where.map((at) => (bytes: Uint8Array) => bytes.filter((_, i) => i !== offset(bytes, at))),
  where.map((at) => (bytes: Uint8Array) => bytes.slice(0, offset(bytes, at))),
  fc.record({ at: where, value: byte }).map(({ at, value }) => (bytes: Uint8Array) => {
    const position = offset(bytes, at)
    return Uint8Array.from([...bytes.slice(0, position), value, ...bytes.slice(position)])
  }),
)

/** What a bundle says, without how it was written. */
function meaningOf(run: VerifiedRun): unknown {
  return {
    contract: [run.contract.id, run.contract.acceptedBy],
    query: run.query.id,
    run: run.run.id,
    approvals: run.approvals.map((a) => a.id),
    manifests: [...run.manifests].map(([slot, m]) => [slot, m.id]),
    revocations: run.revocations.map((r) => r.id),
  }
}

test('any byte of any statement changed, dropped, added or cut off is refused, or leaves the meaning as it was', async () => {
  const meaning = meaningOf(await verifyRunBundle(room.bundle, { now }))
  let refusals = 0
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), mutation, async (place, change) => {
      const bundle = rewrite(place, change)
      if (!bundle) return
      try {
        expect(meaningOf(await verifyRunBundle(bundle, { now }))).toEqual(meaning)
      } catch (error) {
        if (!isReinraumError(error)) throw error
        refusals += 1
      }
    }),
    { numRuns: 500 },
  )
  expect(refusals).toBeGreaterThan(300)
})
