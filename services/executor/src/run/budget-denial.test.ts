import {
  type Contract,
  createIdentity,
  type Identity,
  publicKeysOf,
  type Release,
  signerOf,
  signStatement,
  type VerifiedContract,
  type VerifiedRun,
} from '@reinraum/statements'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Executor } from '../executor.ts'
import { budgetDenialOf, withinEvent } from './budget-denial.ts'

const digest = (digit: number) => `sha256:${String(digit).repeat(64)}`
let own: Identity
let stranger: Identity
let run: Pick<VerifiedRun, 'run' | 'contract'>
let logged: object[]
const executor = { log: { warn: (fields: object) => logged.push(fields) } } as unknown as Pick<Executor, 'log'>

beforeAll(async () => {
  ;[own, stranger] = await Promise.all([createIdentity(), createIdentity()])
  const slots = [{ id: 'visits', keyService: 'own', rule: { differentialPrivacy: { accounting: 'basic' } } }]
  const keyServices = ['own', 'other'].map((id, i) => ({ id, keys: publicKeysOf(i === 0 ? own : stranger) }))
  // Only what is read here; whether a contract is complete is tested where contracts are verified.
  const contract = { id: digest(1), document: { slots, keyServices, members: [] } as unknown as Contract } as VerifiedContract
  run = { contract, run: { id: digest(2) } } as unknown as typeof run
})
beforeEach(() => {
  logged = []
})

async function denial(change: Partial<Release> = {}, by = own): Promise<Uint8Array> {
  const left = { epsilon: 1, delta: 0 }
  const budget = [{ slot: 'visits', dataset: 'visits', period: 1, accounting: 'basic' as const, left, fits: null }]
  const document: Release = {
    ...{ kind: 'reinraum/release/v1', keyService: 'own', contract: digest(1), run: digest(2), query: null, by: null },
    ...{ sequence: 1, previous: null, evidence: null, hardware: null, decidedAt: '2026-11-21T12:00:00.000Z' },
    outcome: { decision: 'denied', reason: 'budget-exhausted', budget },
    ...change,
  }
  return signStatement(document, signerOf(by))
}

const passedOn = (release: Uint8Array, service = 'own', reasonCode = 'budget-exhausted') =>
  budgetDenialOf(executor, service, { reasonCode, release }, run)

describe('a denial for want of a budget', () => {
  it('is passed on as it was signed', async () => {
    const signed = await denial()
    expect(await passedOn(signed)).toBe(signed)
    expect(logged).toEqual([])
  })

  it('is not passed on where it is another run’s, another signer’s or no statement, and the log says so', async () => {
    for (const bytes of [await denial({ run: digest(3) }), await denial({}, stranger), Uint8Array.of(255, 0), new Uint8Array()])
      expect(await passedOn(bytes)).toBeUndefined()
    expect(logged).toHaveLength(4)
  })

  it('is not passed on for another key service than the one that was asked', async () => {
    expect(await passedOn(await denial(), 'other')).toBeUndefined()
  })

  it('is passed on for that reason alone', async () => {
    expect(await passedOn(await denial(), 'own', 'approval-missing')).toBeUndefined()
  })

  it('stays within what an event holds, whatever the number of key services', () => {
    const denials = Array.from({ length: 16 }, () => new Uint8Array(7_000))
    expect(withinEvent(denials)).toHaveLength(7)
    expect(withinEvent([new Uint8Array(60_000), new Uint8Array(10)])).toHaveLength(1)
  })
})
