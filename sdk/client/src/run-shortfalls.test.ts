import {
  type Contract,
  createIdentity,
  type Identity,
  mergeSignatures,
  publicKeysOf,
  type Release,
  signerOf,
  signStatement,
  type VerifiedContract,
  verifyContract,
} from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { runShortfalls } from './run-shortfalls.ts'
import type { RunView } from './runs.ts'
import type { Session } from './session.ts'
import { contractOf, now } from './testing/contract.ts'

const [runId, other] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string]
let [owner, analyst, keys, stranger]: Identity[] = []
let contract: VerifiedContract

beforeAll(async () => {
  ;[owner, analyst, keys, stranger] = await Promise.all([1, 2, 3, 4].map(() => createIdentity()))
  const base = contractOf(party(owner), publicKeysOf(party(analyst)), party(keys))
  const differentialPrivacy = {
    ...{ epsilonBudget: 1, deltaBudget: 1e-9, maxEpsilonPerQuery: 1 },
    ...{ mechanism: 'discreteLaplace' as const, accounting: 'basic' as const, refresh: 'never' as const },
  }
  const document: Contract = { ...base, slots: base.slots.map((s) => ({ ...s, rule: { ...s.rule, differentialPrivacy } })) }
  const [first, second] = await Promise.all([owner, analyst].map((by) => signStatement(document, signerOf(party(by)))))
  contract = await verifyContract(await mergeSignatures(first as Uint8Array, second as Uint8Array), { now })
})

function party(identity: Identity | undefined): Identity {
  return identity ?? expect.fail()
}

/** What governance passes on of a key service's denial. */
async function denial(change: Partial<Release> = {}, by = keys): Promise<Uint8Array> {
  const [slot] = contract.document.slots
  const amounts = { left: { epsilon: 200_000, delta: 1_000_000 }, fits: { epsilon: 200_000, delta: 0 } }
  const budget = [{ slot: slot?.id ?? '', dataset: 'strikes', period: 1, accounting: 'basic' as const, ...amounts }]
  const document: Release = {
    ...{ kind: 'reinraum/release/v1', keyService: contract.document.keyServices[0]?.id ?? '', contract: contract.id, run: runId },
    ...{ query: other, by: 'analyst', sequence: 1, previous: null, evidence: other, hardware: true },
    decidedAt: now.toISOString(),
    outcome: { decision: 'denied', reason: 'budget-exhausted', budget },
    ...change,
  }
  return signStatement(document, signerOf(party(by)))
}

const read = (denials: readonly Uint8Array[], as = analyst) => {
  const session = { keys: publicKeysOf(party(as)) } as Session
  return runShortfalls(session, { runId, contractId: contract.id, denials } as RunView, contract)
}

describe('what was left for a run', () => {
  test('is read as the key service signed it, and as a query says it', async () => {
    expect(await read([await denial()])).toMatchObject([
      { dataset: 'strikes', period: 1, left: { epsilon: 200_000, delta: 1_000_000 }, fits: { epsilon: 0.2, delta: 0 } },
    ])
    expect(await read([])).toEqual([])
  })

  test('is refused where governance made it up, or shows what is said of another run', async () => {
    expect(await refusalOf(read([await denial({}, stranger)]))).toBe('unknown-member')
    expect(await refusalOf(read([await denial({}, owner)]))).toBe('unknown-member')
    expect(await refusalOf(read([await denial({ run: other })]))).toBe('invalid-statement')
    expect(await refusalOf(read([await denial({ contract: other })]))).toBe('contract-mismatch')
    expect(await refusalOf(read([Uint8Array.of(255, 0)]))).toMatch(/invalid|malformed/)
    expect(await refusalOf(read([await denial(), await denial({ sequence: 2 })]))).toBe('invalid-statement')
  })

  test('is refused under a contract that this party never signed', async () => {
    expect(await refusalOf(read([await denial()], stranger))).toBe('unknown-member')
  })
})
