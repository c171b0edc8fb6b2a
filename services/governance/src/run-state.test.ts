import { RunState } from '@reinraum/proto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterChange, isFinal, type RunChange, type RunStateName, runStateMessage } from './run-state.ts'

const changes: readonly RunChange[] = ['started', 'failed', 'cancelled', 'deposited', 'released', 'rejected', 'abandoned']

/** State before: the state after each change, in the order of the changes above; `·` is no change. */
const table: Readonly<Record<RunStateName, string>> = {
  queued: 'running failed cancelled awaiting-review completed rejected failed',
  running: '· failed cancelled awaiting-review completed rejected failed',
  failed: '· · · awaiting-review completed rejected ·',
  cancelled: '· · · awaiting-review completed rejected ·',
  'awaiting-review': '· · · · completed rejected ·',
  completed: '· · · · · · ·',
  rejected: '· · · · · · ·',
}

describe('a run that is', () => {
  const cases = Object.entries(table).flatMap(([state, row]) =>
    row
      .split(' ')
      .map((after, i) => [state, changes[i], after === '·' ? state : after] as [RunStateName, RunChange, RunStateName]),
  )
  it.each(cases)('%s and then %s is %s', (state, change, after) => {
    expect(afterChange(state, change)).toBe(after)
  })
})

describe('whatever arrives, in any order and any number of times,', () => {
  const arrivals = (...also: RunChange[]) =>
    fc
      .array(fc.constantFrom(...changes.filter((change) => change !== 'released' && change !== 'rejected')), { maxLength: 20 })
      .chain((others) => fc.shuffledSubarray([...others, ...also, ...also], { minLength: others.length + 2 * also.length }))
  const end = (all: readonly RunChange[]) => all.reduce<RunStateName>(afterChange, 'queued')

  it('a run whose result was released is completed', () => {
    fc.assert(fc.property(arrivals('released'), (all) => end(all) === 'completed'))
  })

  it('a run whose result a reviewer rejected stays rejected', () => {
    fc.assert(fc.property(arrivals('rejected'), (all) => end(all) === 'rejected'))
  })

  it('a run with a deposited result waits for its review', () => {
    fc.assert(fc.property(arrivals('deposited'), (all) => end(all) === 'awaiting-review'))
  })
})

it('states go on the wire as what they are, and a reviewer’s no as a failure', () => {
  expect(Object.keys(table).map((state) => runStateMessage(state as RunStateName))).toEqual([
    RunState.QUEUED,
    RunState.RUNNING,
    RunState.FAILED,
    RunState.CANCELLED,
    RunState.AWAITING_REVIEW,
    RunState.COMPLETED,
    RunState.FAILED,
  ])
  expect(Object.keys(table).filter((state) => isFinal(state as RunStateName))).toEqual([
    'failed',
    'cancelled',
    'completed',
    'rejected',
  ])
})
