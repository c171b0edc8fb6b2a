import { recordSuites } from '@reinraum/crypto'
import { KeyAdministrationService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import fc from 'fast-check'
import { expect } from 'vitest'
import { eraseDue } from '../administration/erase.ts'
import { agree, type Dataset, importDataset, sealDataset } from './agreement.ts'
import { bundleOf, outcomeOf } from './attempt.ts'
import { type Room, startRoom } from './room.ts'

const hour = 3600_000
const datasetsInSlot = 3

type Step =
  | { readonly do: 'import' | 'cancel' | 'release'; readonly key: number }
  | { readonly do: 'destroy'; readonly key: number; readonly hours: number }
  | { readonly do: 'rotate' }
  | { readonly do: 'rewrap'; readonly suite: string }
  | { readonly do: 'minimum'; readonly version: number }
  | { readonly do: 'tick'; readonly hours: number }

const key = fc.nat({ max: datasetsInSlot - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('import' as const, 'cancel' as const), key }),
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('release' as const), key }) },
  fc.record({ do: fc.constant('destroy' as const), key, hours: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('rotate' as const) }),
  fc.record({ do: fc.constant('rewrap' as const), suite: fc.constantFrom('', ...recordSuites) }),
  fc.record({ do: fc.constant('minimum' as const), version: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('tick' as const), hours: fc.integer({ min: 1, max: 3 }) }),
)

/** What an owner may think of as the state of a slot. Each act answers with what the service should. */
function createModel() {
  const keys = new Map<number, { version: number; due: number | null; destroyed: boolean }>()
  let [newest, minimum, time, suite] = [0, 1, 0, recordSuites[0] as string]
  const fresh = () => {
    newest += 1
    for (const one of keys.values()) one.version = newest
  }
  const tick = (hours: number) => {
    time += hours
    const due = [...keys.values()].filter((one) => !one.destroyed && one.due !== null && one.due <= time)
    for (const one of due) one.destroyed = true
    if (due.length > 0) fresh()
  }
  return (act: Step): string => {
    const one = 'key' in act ? keys.get(act.key) : undefined
    switch (act.do) {
      case 'tick':
        tick(act.hours)
        return 'done'
      case 'import':
        if (one !== undefined) return one.due === null ? 'done' : 'key-destroyed'
        newest = Math.max(newest, 1)
        keys.set(act.key, { version: newest, due: null, destroyed: false })
        return 'done'
      case 'release':
        if (one === undefined) return 'key-unknown'
        if (one.due !== null) return 'key-destroyed'
        return one.version < minimum ? 'key-version-too-low' : 'released'
      case 'destroy':
        if (one === undefined) return 'key-unknown'
        if (one.destroyed) return 'key-destroyed'
        if (one.due !== null) return 'conflict'
        one.due = time + act.hours
        return 'done'
      case 'cancel':
        if (one === undefined) return 'key-unknown'
        if (one.destroyed) return 'key-destroyed'
        if (one.due === null) return 'conflict'
        one.due = null
        return 'done'
      case 'rotate':
        if (newest === 0) return 'key-unknown'
        newest += 1
        return 'done'
      case 'rewrap':
        if (newest === 0) return 'key-unknown'
        if (act.suite !== '' && act.suite !== suite) newest += 1
        suite = act.suite === '' ? suite : act.suite
        for (const each of keys.values()) each.version = newest
        return 'done'
      case 'minimum':
        if (newest === 0) return 'key-unknown'
        if (act.version > newest || act.version < minimum) return 'invalid-argument'
        minimum = act.version
        return 'done'
    }
  }
}

/** Runs random sequences of acts against a key service and against the model, and compares every answer. */
export async function compareWithModel(runs: number): Promise<void> {
  const room = await startRoom()
  const bird = room.shared.asOf(KeyAdministrationService, room.parties.bird)
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const perform = await startSlot(room, bird)
        const model = createModel()
        for (const act of steps) {
          const answer = await perform(act)
          expect({ act, answer }).toEqual({ act, answer: model(act) })
        }
      }),
      { numRuns: runs },
    )
  } finally {
    await room.stop()
  }
}

type Owner = ReturnType<typeof clientOf>
const clientOf = (room: Room) => room.shared.asOf(KeyAdministrationService, room.parties.bird)

/** A contract of its own with nothing imported, and how each act is done to its slot. */
async function startSlot(room: Room, bird: Owner): Promise<(act: Step) => Promise<string>> {
  const validity = (now: number) => ({
    notBefore: new Date(now - hour).toISOString(),
    notAfter: new Date(now + 300 * hour).toISOString(),
  })
  const agreement = await agree(room, (contract) => ({
    ...contract,
    slots: contract.slots.filter(({ id }) => id === 'strikes'),
    validity: validity(room.clock.now().getTime()),
  }))
  const sealed = Array.from({ length: datasetsInSlot }, (_, i) =>
    sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: i + 1 })),
  )
  const datasets = await Promise.all(sealed)
  const slot = { contractId: agreement.id, slot: 'strikes' }
  const named = (dataset: Dataset) => ({
    contractId: agreement.id,
    key: { name: { case: 'manifestId' as const, value: dataset.manifestId } },
  })
  const done = async (act: () => Promise<unknown>): Promise<string> => {
    try {
      await act()
      return 'done'
    } catch (error) {
      return refusalOf(() => Promise.reject(error))
    }
  }
  return async (act) => {
    const dataset = datasets['key' in act ? act.key : 0] ?? expect.fail()
    switch (act.do) {
      case 'import':
        return done(() => importDataset(agreement, dataset))
      case 'release': {
        const imported = { ...agreement, datasets: [dataset] }
        return outcomeOf(imported, room.shared, await bundleOf(imported))
      }
      case 'destroy':
        return done(() => bird.destroyKey({ ...named(dataset), delayMs: BigInt(act.hours * hour) }))
      case 'cancel':
        return done(() => bird.cancelDestruction(named(dataset)))
      case 'rotate':
        return done(() => bird.rotateWrappingKey(slot))
      case 'rewrap':
        return done(() => bird.rewrapKeys({ ...slot, suite: act.suite }))
      case 'minimum':
        return done(() => bird.setMinimumVersion({ ...slot, version: act.version }))
      case 'tick':
        room.clock.move(act.hours * hour)
        await eraseDue(room.shared.vault)
        return 'done'
    }
  }
}
