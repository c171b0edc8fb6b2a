import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { type Answer, askKeyServices, givenOf, refusals, whyMissing } from './ask-key-services.ts'
import { type SlotCustody, unreached } from './custodies.ts'

const failure = (code: ErrorCode): Answer<never> => ({ kind: 'failed', error: new ReinraumError(code, 'no') })
const denial = (reason: ErrorCode): Answer<never> => ({ kind: 'denied', reason })
const given: Answer<number> = { kind: 'given', value: 1 }

const shares: SlotCustody = { slot: 'visits', services: ['a', 'b', 'c'], threshold: 2 }
const whole: SlotCustody = { slot: 'districts', services: ['own'], threshold: 1 }
const another: SlotCustody = { slot: 'costs', services: ['other'], threshold: 1 }

describe('asking key services', () => {
  const enough = (count: number) => (answered: ReadonlyMap<string, unknown>) => answered.size >= count

  it('hears all of them, at once, when none hangs', async () => {
    const asked: string[] = []
    const answers = await askKeyServices(['a', 'b', 'c'], {
      async ask(id) {
        asked.push(id)
        while (asked.length < 3) await sleep(1)
        return id === 'b' ? denial('revoked') : given
      },
      enough: enough(1),
    })
    expect([...answers.keys()].sort()).toEqual(['a', 'b', 'c'])
    expect(answers.get('b')).toEqual(denial('revoked'))
  })

  it('waits for one that hangs no longer than a moment once there are enough, cancels it, and calls it late', async () => {
    const cancelled: string[] = []
    const answers = await askKeyServices(['a', 'b', 'c'], {
      async ask(id, signal) {
        if (id !== 'c') return given
        await sleep(30_000, undefined, { signal }).catch(() => cancelled.push(id))
        return given
      },
      enough: enough(2),
      graceMs: 50,
    })
    expect(cancelled).toEqual(['c'])
    expect([...givenOf(answers).keys()]).toEqual(['a', 'b'])
    expect(refusals(answers)).toEqual({ c: 'deadline-exceeded' })
  })

  it('waits as long as it takes while there are not enough', async () => {
    const ask = async (id: string) => {
      if (id === 'c') await sleep(150)
      return id === 'b' ? failure('unavailable') : given
    }
    const answers = await askKeyServices(['a', 'b', 'c'], { ask, enough: enough(2), graceMs: 1 })
    expect([...givenOf(answers).keys()]).toEqual(['a', 'c'])
  })

  it('hands back what came too late, before it ends, so that it is overwritten', async () => {
    const discarded: number[] = []
    await askKeyServices(['a', 'b'], {
      async ask(id, signal): Promise<Answer<number>> {
        if (id === 'a') return { kind: 'given', value: 1 }
        while (!signal.aborted) await sleep(5)
        return { kind: 'given', value: 2 }
      },
      enough: enough(1),
      graceMs: 20,
      discard: (value) => discarded.push(value),
    })
    expect(discarded).toEqual([2])
  })

  it('takes whatever is thrown for a failure of the one that was asked', async () => {
    const ask = async (id: string): Promise<Answer<number>> => {
      if (id === 'a') throw new ReinraumError('unavailable', 'gone')
      if (id === 'b') throw new TypeError('broken')
      return given
    }
    expect(refusals(await askKeyServices(['a', 'b', 'c'], { ask, enough: enough(1) }))).toEqual({
      a: 'unavailable',
      b: 'internal',
    })
  })
})

describe('slots that cannot be had', () => {
  it('are those with fewer key services than their threshold', () => {
    const custodies = [shares, whole]
    expect(unreached(custodies, new Set(['a', 'c', 'own']))).toEqual([])
    expect(unreached(custodies, new Set(['b', 'own']))).toEqual([shares])
    expect(unreached(custodies, new Set(['a', 'b', 'c']))).toEqual([whole])
    expect(unreached(custodies, new Set())).toEqual(custodies)
  })

  const why = (missing: readonly SlotCustody[], answers: Readonly<Record<string, Answer<unknown>>>) =>
    whyMissing(missing, new Map(Object.entries(answers))).code

  it.each([
    ['a denial says more than a service that is away', { a: failure('unavailable'), b: denial('revoked') }, 'revoked'],
    ['a denial says more than a wrong key', { a: failure('key-mismatch'), c: denial('approval-missing') }, 'approval-missing'],
    ['what may pass makes the run be tried again', { a: failure('key-mismatch'), b: failure('unavailable') }, 'unavailable'],
    ['a key service that is sealed may be unsealed', { a: given, b: failure('sealed'), c: failure('sealed') }, 'sealed'],
    [
      'a denial that may pass is no decision',
      { a: denial('resource-exhausted'), b: failure('key-mismatch') },
      'resource-exhausted',
    ],
    ['wrong shares leave too few', { a: failure('key-mismatch'), b: failure('key-mismatch') }, 'threshold-not-reached'],
    [
      'shares that do not fit each other leave too few',
      { a: given, b: given, c: failure('key-mismatch') },
      'threshold-not-reached',
    ],
  ] as const)('have a reason: %s', (_, answers, code) => {
    expect(why([shares], answers)).toBe(code)
  })

  it('have the reason of the one key service where there is one', () => {
    expect(why([whole], { own: failure('key-mismatch') })).toBe('key-mismatch')
    expect(why([whole, shares], { a: failure('decryption-failed'), own: failure('key-mismatch') })).toBe('key-mismatch')
  })

  it('have no reason of a key service that was not asked for them', () => {
    expect(why([whole], { own: failure('key-mismatch'), other: denial('revoked') })).toBe('key-mismatch')
    expect(why([whole, another], { own: failure('key-mismatch'), other: denial('revoked') })).toBe('revoked')
  })
})
