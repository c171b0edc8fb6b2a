import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import type { Release, Verified } from '@reinraum/statements'
import { describe, expect, it } from 'vitest'
import { isTransient } from '../transient.ts'
import { patiently } from './patiently.ts'
import { debits, endOfSpent } from './spent.ts'

const release = (outcome: object) => ({ document: { outcome } }) as unknown as Verified<Release>
const plain = release({ decision: 'released' })
const noisy = release({ decision: 'released', ledger: [{}] })
const failing = (code: ErrorCode) => new ReinraumError(code, 'no')

describe('a run whose budgets were debited', () => {
  it('is one of whose releases any names an entry of a ledger', () => {
    expect([[], [plain], [plain, noisy]].map(debits)).toEqual([false, false, true])
  })

  it.each(['unavailable', 'sealed', 'deadline-exceeded', 'internal', 'storage-full'] as const)(
    'is not tried again: %s is no reason to put it back',
    (code) => {
      const end = endOfSpent(failing(code)) as ReinraumError
      expect(end).toMatchObject({ code: 'budget-spent', cause: { code } })
      expect([isTransient(code), isTransient(end.code)]).toEqual([true, false])
    },
  )

  it('ends for the reason that there is, where that is final anyhow', () => {
    for (const code of ['run-failed', 'revoked', 'lease-lost', 'run-cancelled'] as const)
      expect(endOfSpent(failing(code))).toMatchObject({ code })
    expect(endOfSpent(new TypeError('broken'))).toMatchObject({ code: 'budget-spent' })
  })
})

describe('a step of such a run', () => {
  const never = new AbortController().signal
  function step(failures: readonly ErrorCode[]) {
    let made = 0
    const attempt = async () => {
      const code = failures[made]
      made += 1
      if (code !== undefined) throw failing(code)
      return made
    }
    return { attempt, made: () => made }
  }

  it('is made again while what stops it may pass, a few times', async () => {
    expect(await patiently(step(['unavailable', 'internal']).attempt, never, [1, 1, 1])).toBe(3)
    const hopeless = step(Array.from({ length: 9 }, () => 'unavailable' as const))
    await expect(patiently(hopeless.attempt, never, [1, 1, 1])).rejects.toMatchObject({ code: 'unavailable' })
    expect(hopeless.made()).toBe(4)
  })

  it('is not made again for any other reason, nor once the run was stopped', async () => {
    const final = step(['ciphertext-mismatch'])
    await expect(patiently(final.attempt, never, [1])).rejects.toMatchObject({ code: 'ciphertext-mismatch' })
    expect(final.made()).toBe(1)
    const stopped = new AbortController()
    const waiting = step(['unavailable'])
    setTimeout(() => stopped.abort(failing('run-cancelled')), 10)
    await expect(patiently(waiting.attempt, stopped.signal, [5000])).rejects.toMatchObject({ code: 'run-cancelled' })
    expect(waiting.made()).toBe(1)
  })
})
