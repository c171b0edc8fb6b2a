import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import type { VerifiedRun } from '@reinraum/statements'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Answer, givenOf, refusals } from './ask-key-services.ts'
import { releasingCustodiesOf, type SlotCustody } from './custodies.ts'
import { holdAtAll } from './hold-at-all.ts'
import { ledgersToHold } from './hold-budgets.ts'

const slot = (id: string, services: readonly string[], threshold = services.length, noisy = false) => ({
  id,
  keyService: { services, threshold },
  rule: noisy ? { differentialPrivacy: {} } : {},
})

function runOver(slots: readonly ReturnType<typeof slot>[]): { run: VerifiedRun; custodies: readonly SlotCustody[] } {
  const manifests = new Map(slots.map(({ id }) => [id, {}]))
  const run = { contract: { document: { slots } }, manifests } as unknown as VerifiedRun
  return { run, custodies: releasingCustodiesOf(run) }
}

/** The visits ask for noise and lie with `c` and `a`, the costs with `d` or `e`, the areas with `b`. */
const three = [slot('visits', ['c', 'a'], 1, true), slot('costs', ['d', 'e'], 1), slot('areas', ['b'])]
const given: Answer<number> = { kind: 'given', value: 1 }
const denied = (reason: ErrorCode): Answer<never> => ({ kind: 'denied', reason })

let events: string[]
beforeEach(() => {
  events = []
})

function holdAt(answers: Readonly<Record<string, Answer<number> | 'hang'>>) {
  const { run, custodies } = runOver(three)
  return holdAtAll(custodies, {
    keepers: ledgersToHold(run, custodies),
    graceMs: 20,
    async ask(id, signal) {
      events.push(`${id}?`)
      if (answers[id] === 'hang') await sleep(10_000, undefined, { signal })
      else await sleep(5)
      events.push(`${id}!`)
      const answer = answers[id]
      return answer === undefined || answer === 'hang' ? given : answer
    },
  })
}

describe('which key services a run has hold its budgets', () => {
  const keepers = (slots: readonly ReturnType<typeof slot>[]) => {
    const { run, custodies } = runOver(slots)
    return [...ledgersToHold(run, custodies)].sort()
  }

  it('are all that keep a ledger of it, where its keys lie with several', () => {
    expect(keepers(three)).toEqual(['a', 'c'])
    expect(keepers([slot('visits', ['a'], 1, true), slot('areas', ['b'])])).toEqual(['a'])
  })

  it('are none where nothing asks for noise, or one key service alone releases', () => {
    expect(keepers([slot('visits', ['a', 'b']), slot('areas', ['c'])])).toEqual([])
    expect(keepers([slot('visits', ['a'], 1, true), slot('areas', ['a'])])).toEqual([])
  })
})

describe('having budgets held', () => {
  it('asks those with ledgers last, one after the other and in the same order for every run', async () => {
    expect([...givenOf(await holdAt({})).keys()].sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(events.slice(0, 3)).toEqual(['b?', 'd?', 'e?'])
    expect(events.slice(-4)).toEqual(['a?', 'a!', 'c?', 'c!'])
  })

  it('ends with the reason of the first that refuses, and asks no other ledger', async () => {
    await expect(holdAt({ a: denied('budget-exhausted') })).rejects.toMatchObject({ code: 'budget-exhausted' })
    expect(events).not.toContain('c?')
  })

  it('touches no ledger when a key service without one refuses that is needed', async () => {
    await expect(holdAt({ b: denied('approval-missing') })).rejects.toMatchObject({ code: 'approval-missing' })
    expect(events.filter((event) => event === 'a?' || event === 'c?')).toEqual([])
  })

  it('goes on without one that is not needed, whether it refuses or hangs, and says so', async () => {
    for (const d of [denied('revoked'), 'hang'] as const) {
      const answers = await holdAt({ d })
      expect([...givenOf(answers).keys()].sort()).toEqual(['a', 'b', 'c', 'e'])
      expect(refusals(answers)).toEqual({ d: d === 'hang' ? 'deadline-exceeded' : 'revoked' })
    }
  })

  it('is tried again later when a ledger is away, or what is left is held for another run', async () => {
    const away: Answer<never> = { kind: 'failed', error: new ReinraumError('unavailable', 'away') }
    await expect(holdAt({ c: away })).rejects.toMatchObject({ code: 'unavailable' })
    await expect(holdAt({ c: denied('budget-held') })).rejects.toMatchObject({ code: 'budget-held' })
  })
})
