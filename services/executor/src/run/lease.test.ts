import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { Answer } from './ask-key-services.ts'
import type { SlotCustody } from './custodies.ts'
import { holdLease, type Lease } from './lease.ts'

const shares: SlotCustody = { slot: 'visits', services: ['a', 'b', 'c'], threshold: 2 }
const whole: SlotCustody = { slot: 'districts', services: ['own'], threshold: 1 }
const failure = (code: ErrorCode): Answer<never> => ({ kind: 'failed', error: new ReinraumError(code, 'no') })
const denial = (reason: ErrorCode): Answer<never> => ({ kind: 'denied', reason })

let held: Lease | undefined
afterEach(() => held?.stop())

/** A lease of a run at these key services, whose answers and clock the test sets; `revoked` announces a revocation. */
function holding(services: readonly string[], custodies: readonly SlotCustody[]) {
  let time = Date.parse('2026-06-01T00:00:00.000Z')
  let announce = () => {}
  const asked: string[] = []
  const cancelled: string[] = []
  const says = new Map<string, Answer<number> | 'hangs'>()
  const lease = holdLease({
    custodies,
    expiresAt: new Map(services.map((id) => [id, time + 60_000])),
    async renew(id, signal) {
      asked.push(id)
      const answer = says.get(id) ?? { kind: 'given', value: time + 60_000 }
      if (answer !== 'hangs') return answer
      await sleep(30_000, undefined, { signal }).catch(() => cancelled.push(id))
      return failure('deadline-exceeded')
    },
    now: () => new Date(time),
    onRevocation(check) {
      announce = check
      return () => {
        announce = () => {}
      }
    },
  })
  held = lease
  return {
    lease,
    asked,
    cancelled,
    says: (id: string, answer: Answer<number> | 'hangs') => says.set(id, answer),
    later: (ms: number) => {
      time += ms
    },
    async revoked() {
      announce()
      await sleep(5)
    },
    reason: () => (lease.signal.aborted ? (lease.signal.reason as ReinraumError).code : 'held'),
  }
}

const confirmed = (lease: Lease) =>
  lease.confirm().then(
    () => 'confirmed',
    (error: ReinraumError) => error.code,
  )

describe('a lease', () => {
  it('is held while the threshold of every slot renews, though one denies or is away', async () => {
    for (const answer of [denial('revoked'), failure('unavailable'), failure('key-mismatch')]) {
      const { lease, says, revoked, reason } = holding(['a', 'b', 'c', 'own'], [shares, whole])
      says('b', answer)
      await revoked()
      expect(reason()).toBe('held')
      expect(await confirmed(lease)).toBe('confirmed')
      lease.stop()
    }
  })

  it('is lost at once, with the reason, when so many deny that the threshold cannot be had', async () => {
    const { lease, says, revoked, reason } = holding(['a', 'b', 'c'], [shares])
    says('a', denial('approval-revoked'))
    await revoked()
    says('c', denial('approval-revoked'))
    await revoked()
    expect(reason()).toBe('approval-revoked')
    expect(await confirmed(lease)).toBe('approval-revoked')
  })

  it('is lost when the one key service of a slot denies, whatever the others say', async () => {
    const { says, revoked, reason } = holding(['a', 'b', 'c', 'own'], [shares, whole])
    says('own', denial('revoked'))
    await revoked()
    expect(reason()).toBe('revoked')
  })

  it('rests on those that released: two of three, one of which denies, are too few', async () => {
    const { says, revoked, reason } = holding(['a', 'b'], [shares])
    says('b', denial('revoked'))
    await revoked()
    expect(reason()).toBe('revoked')
  })

  it('does not ask a key service again that has denied: it cannot take that back', async () => {
    const { lease, asked, says, revoked } = holding(['a', 'b', 'c'], [shares])
    says('a', denial('revoked'))
    await revoked()
    says('a', { kind: 'given', value: Number.MAX_SAFE_INTEGER })
    asked.length = 0
    await revoked()
    expect(asked).toEqual(['b', 'c'])
    says('b', denial('revoked'))
    expect(await confirmed(lease)).toBe('revoked')
  })

  it('is lost seconds after a revocation was announced that its key services learn of a moment later', async () => {
    const { lease, says, revoked, reason } = holding(['a', 'b', 'c'], [shares])
    await revoked()
    expect(reason()).toBe('held')
    for (const id of ['a', 'b']) says(id, denial('revoked'))
    await Promise.race([once(lease.signal, 'abort'), sleep(3000)])
    expect(reason()).toBe('revoked')
  })

  it('outlives key services that cannot be reached until their leases run out', async () => {
    const { says, revoked, reason, later } = holding(['a', 'b', 'c'], [shares])
    says('a', failure('unavailable'))
    says('b', failure('sealed'))
    later(59_000)
    await revoked()
    expect(reason()).toBe('held')
    later(2000)
    await revoked()
    expect(reason()).toBe('lease-lost')
  })

  it('is no longer than a minute, whatever a key service says', async () => {
    const { lease, says, revoked, reason, later } = holding(['own'], [whole])
    says('own', { kind: 'given', value: Number.MAX_SAFE_INTEGER })
    expect(await confirmed(lease)).toBe('confirmed')
    says('own', failure('unavailable'))
    later(61_000)
    await revoked()
    expect(reason()).toBe('lease-lost')
  })
})

describe('before a result is delivered', () => {
  it('the threshold of every slot has to renew now: to have a lease that still runs is not enough', async () => {
    const { lease, says } = holding(['a', 'b', 'c'], [shares])
    says('a', failure('unavailable'))
    says('b', failure('unavailable'))
    expect(await confirmed(lease)).toBe('unavailable')
    says('b', { kind: 'given', value: 0 })
    expect(await confirmed(lease)).toBe('confirmed')
  })

  it('one that hangs is not waited for, but cancelled', async () => {
    const { lease, says, cancelled } = holding(['a', 'b', 'c'], [shares])
    says('c', 'hangs')
    expect(await confirmed(lease)).toBe('confirmed')
    expect(cancelled).toEqual(['c'])
  })

  it('a denial says more than one that is away', async () => {
    const { lease, says } = holding(['a', 'b', 'c'], [shares])
    says('a', failure('unavailable'))
    says('b', denial('query-rejected'))
    expect(await confirmed(lease)).toBe('query-rejected')
  })
})
