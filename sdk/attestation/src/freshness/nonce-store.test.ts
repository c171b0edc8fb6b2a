import { fromBase64url } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import { executorChallengeBinding, reportDataOf } from '../bindings.ts'
import { evidenceId } from '../evidence.ts'
import { offsets, scalarLength } from '../snp/layout.ts'
import { createPlatform, evidenceOf, now, referenceFor } from '../testing/simulated-evidence.ts'
import { createNonceStore } from './nonce-store.ts'

const lifetimeMs = 1000
const at = (ms: number) => new Date(now.getTime() + ms)
const store = (capacity = 10) => createNonceStore({ lifetimeMs, capacity })

describe('a nonce', () => {
  it('is 32 random bytes, in base64url', () => {
    const nonces = store()
    const issued = Array.from({ length: 10 }, () => nonces.issue(now))
    expect(new Set(issued).size).toBe(10)
    for (const nonce of issued) expect(fromBase64url(nonce)).toHaveLength(32)
  })

  it('is good once', () => {
    const nonces = store()
    const nonce = nonces.issue(now)
    expect([1, 2, 2000].map((ms) => nonces.consume(nonce, at(ms)))).toEqual(['fresh', 'used', 'used'])
  })

  it('is good until its lifetime is over', () => {
    const nonces = store()
    const [one, two] = [nonces.issue(now), nonces.issue(now)]
    expect(nonces.consume(one, at(lifetimeMs - 1))).toBe('fresh')
    expect(nonces.consume(two, at(lifetimeMs))).toBe('expired')
  })

  it('is not good when the clock was set back, or shows no time, and is used up by that', () => {
    for (const when of [at(-1), new Date(Number.NaN)]) {
      const nonces = store()
      const nonce = nonces.issue(now)
      expect([nonces.consume(nonce, when), nonces.consume(nonce, now)]).toEqual(['expired', 'used'])
    }
  })

  it('is good for its purpose only, and used up by any other', () => {
    const nonces = store()
    const nonce = nonces.issue(now, 'run 1')
    expect([nonces.consume(nonce, now, 'run 2'), nonces.consume(nonce, now, 'run 1')]).toEqual(['unknown', 'used'])
    expect(nonces.consume(nonces.issue(now, 'run 1'), now)).toBe('unknown')
    expect(nonces.consume(nonces.issue(now, 'run 1'), now, 'run 1')).toBe('fresh')
  })

  it('that was never given out is unknown, whatever it is', () => {
    const nonces = store()
    const nonce = nonces.issue(now)
    const others = ['', 'A'.repeat(43), `${nonce}=`, `${nonce}A`, nonce.slice(1), '\ud800'.repeat(43), 'A'.repeat(100_000_000)]
    for (const other of [...others, null, 5, {}] as string[]) expect(nonces.consume(other, now)).toBe('unknown')
    expect(store().consume(nonce, now)).toBe('unknown')
    expect(nonces.consume(nonce, now)).toBe('fresh')
  })
})

describe('the store', () => {
  it('holds only so many: it refuses more rather than forget one that is still good', () => {
    const nonces = store(3)
    const issued = [nonces.issue(now), nonces.issue(at(1)), nonces.issue(at(2))]
    expect(() => nonces.issue(at(3))).toThrow(expect.objectContaining({ code: 'resource-exhausted' }))
    expect(issued.map((nonce) => nonces.consume(nonce, at(4)))).toEqual(['fresh', 'fresh', 'fresh'])
    expect(() => nonces.issue(at(5))).toThrow(expect.objectContaining({ code: 'resource-exhausted' }))
  })

  it('gives up what has expired, the oldest first, and no more of it than it must', () => {
    const nonces = store(3)
    const [first, second, third] = [nonces.issue(now), nonces.issue(at(1)), nonces.issue(at(900))] as [string, string, string]
    const fourth = nonces.issue(at(lifetimeMs + 1))
    const verdicts = [first, second, third, fourth].map((nonce) => nonces.consume(nonce, at(lifetimeMs + 2)))
    expect(verdicts).toEqual(['unknown', 'expired', 'fresh', 'fresh'])
  })

  it('never takes more room, however many are asked for', () => {
    const nonces = store(100)
    let refused = 0
    for (let ms = 0; ms < 10_000; ms += 1) {
      try {
        nonces.issue(at(ms))
      } catch {
        refused += 1
      }
    }
    // 100 in each second of ten.
    expect(refused).toBe(9000)
  })

  it('recovers after the clock was set back', () => {
    const nonces = store(1)
    nonces.issue(at(60_000))
    expect(nonces.consume(nonces.issue(now), now)).toBe('fresh')
  })

  it.each([
    { lifetimeMs: 0, capacity: 1 },
    { lifetimeMs: Number.NaN, capacity: 1 },
    { lifetimeMs: 1, capacity: 0 },
    { lifetimeMs: 1, capacity: Number.NaN },
  ])('is none with %o', (options) => {
    expect(() => createNonceStore(options)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })

  it('gives out nothing at a time that is none', () => {
    expect(() => store().issue(new Date(Number.NaN))).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})

/** The order of P-384's base point (SP 800-186 §3.2.1.4): (r, s) and (r, n − s) are signatures of the same message. */
const order = 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n

function inItsOtherForm(report: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(report)
  const field = copy.subarray(offsets.signatureS, offsets.signatureS + scalarLength)
  const s = BigInt(`0x${Buffer.from(field).reverse().toString('hex')}`)
  field.set(Buffer.from((order - s).toString(16).padStart(96, '0'), 'hex').reverse())
  return copy
}

describe('a report whose signature is written in its other form', () => {
  it('has another id and is as good as before, but its nonce has been used', async () => {
    const nonces = store()
    const nonce = nonces.issue(now)
    const reportData = reportDataOf(executorChallengeBinding({ contract: 'sha256:contract', nonce }))
    const platform = await createPlatform()
    const { evidence, endorsements } = await evidenceOf(platform, { report: { reportData } })
    const again = { ...evidence, report: inItsOtherForm(evidence.report) }
    expect(evidenceId(again)).not.toBe(evidenceId(evidence))
    const seen: string[] = []
    for (const shown of [evidence, again]) {
      const result = await appraise(shown, endorsements, referenceFor(platform), { reportData }, now)
      seen.push(result.status, nonces.consume(nonce, now))
    }
    expect(seen).toEqual(['affirming', 'fresh', 'affirming', 'used'])
  })
})
